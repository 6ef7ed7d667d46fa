"""What the diagnostic suite found for incidents, and an index for the newest signals of one target."""

from alembic import op

revision = "0021_pre_facts"
down_revision = "0020_pre_cycles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE incident_facts (incident UUID NOT NULL, target TEXT NOT NULL, at TIMESTAMPTZ NOT NULL,"
        " document JSON NOT NULL, CONSTRAINT pk_incident_facts PRIMARY KEY (incident, target),"
        " CONSTRAINT fk_incident_facts_incident_incidents FOREIGN KEY (incident) REFERENCES incidents (id))"
    )
    op.execute("CREATE INDEX ix_incident_facts_target ON incident_facts (target, at)")
    op.execute("CREATE INDEX ix_signals_target ON signals (target, id)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_signals_target")
    op.execute("DROP TABLE incident_facts")
