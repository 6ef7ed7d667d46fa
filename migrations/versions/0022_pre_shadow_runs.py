"""What playbooks in shadow mode would have done."""

from alembic import op

revision = "0022_pre_shadow_runs"
down_revision = "0021_pre_facts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE shadow_runs (incident UUID NOT NULL, playbook TEXT NOT NULL, at TIMESTAMPTZ NOT NULL,"
        " document JSON NOT NULL, CONSTRAINT pk_shadow_runs PRIMARY KEY (incident, playbook),"
        " CONSTRAINT fk_shadow_runs_incident_incidents FOREIGN KEY (incident) REFERENCES incidents (id))"
    )
    op.execute("CREATE INDEX ix_shadow_runs_at ON shadow_runs (at)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE shadow_runs")
