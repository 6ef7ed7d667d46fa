"""What was set of the fleet's levers."""

from alembic import op

revision = "0028_pre_levers"
down_revision = "0027_pre_glass"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE levers (name TEXT NOT NULL CONSTRAINT pk_levers PRIMARY KEY, document JSON NOT NULL,"
        " at TIMESTAMPTZ NOT NULL)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE levers")
