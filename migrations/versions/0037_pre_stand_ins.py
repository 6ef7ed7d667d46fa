"""Who stands in for which approver, and for whom an answer was given."""

from alembic import op

revision = "0037_pre_stand_ins"
down_revision = "0036_pre_discovered"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE stand_ins (id UUID NOT NULL CONSTRAINT pk_stand_ins PRIMARY KEY,"
        " ends_at TIMESTAMPTZ NOT NULL, document JSON NOT NULL)"
    )
    op.execute("CREATE INDEX ix_stand_ins_ends_at ON stand_ins (ends_at)")
    op.execute("ALTER TABLE approval_answers ADD COLUMN stands_in_for TEXT[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE approval_answers DROP COLUMN stands_in_for")
    op.execute("DROP TABLE stand_ins")
