"""Changes of how the fleet works that cycles proposed."""

from alembic import op

revision = "0039_pre_fleet_changes"
down_revision = "0038_pre_model_use"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE fleet_changes (kind TEXT NOT NULL, subject TEXT NOT NULL, version TEXT NOT NULL,"
        " content JSONB NOT NULL, proposed_at TIMESTAMPTZ NOT NULL, in_force_at TIMESTAMPTZ,"
        " CONSTRAINT pk_fleet_changes PRIMARY KEY (kind, subject, version))"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_fleet_changes_in_force ON fleet_changes (kind, subject) WHERE in_force_at IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE fleet_changes")
