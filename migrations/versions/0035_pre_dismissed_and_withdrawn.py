"""Dismissed incidents are found by an index, and learned causes know when they were taken out of force."""

from alembic import op

revision = "0035_pre_dismissed_and_withdrawn"
down_revision = "0034_pre_adjustments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE INDEX ix_incidents_dismissed ON incidents (id)"
        " WHERE state = 'closed' AND dossier ->> 'closing' = 'dismissed'"
    )
    op.execute("ALTER TABLE learned_causes ADD COLUMN withdrawn_at TIMESTAMPTZ")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE learned_causes DROP COLUMN withdrawn_at")
    op.execute("DROP INDEX ix_incidents_dismissed")
