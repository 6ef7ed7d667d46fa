"""Maintenance windows."""

from alembic import op

revision = "0018_pre_windows"
down_revision = "0017_pre_groups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE windows (id UUID CONSTRAINT pk_windows PRIMARY KEY, ends_at TIMESTAMPTZ NOT NULL,"
        " document JSON NOT NULL)"
    )
    op.execute("CREATE INDEX ix_windows_ends_at ON windows (ends_at)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE windows")
