"""How far playbooks may act by themselves, and the domain of a run, which the evidence is counted by."""

from alembic import op

revision = "0025_pre_autonomy"
down_revision = "0024_pre_storm"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE runs ADD COLUMN domain TEXT")
    op.execute("CREATE INDEX ix_runs_domain ON runs (domain, started_at)")
    op.execute(
        "CREATE TABLE autonomy (playbook TEXT NOT NULL, domain TEXT NOT NULL, level TEXT NOT NULL, by TEXT NOT NULL,"
        " reason TEXT NOT NULL, at TIMESTAMPTZ NOT NULL, CONSTRAINT pk_autonomy PRIMARY KEY (playbook, domain))"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE autonomy")
    op.execute("DROP INDEX ix_runs_domain")
    op.execute("ALTER TABLE runs DROP COLUMN domain")
