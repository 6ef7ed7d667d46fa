"""Kernels of each node, and the orders given to nodes."""

from alembic import op

revision = "0005_pre_kernels"
down_revision = "0004_pre_events"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE kernels (
        instance TEXT NOT NULL,
        kernel TEXT NOT NULL,
        state TEXT NOT NULL,
        detail TEXT NOT NULL,
        incarnation TEXT,
        restarts INTEGER NOT NULL,
        failing BOOLEAN NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_kernels PRIMARY KEY (instance, kernel)
    )
    """,
    """
    CREATE TABLE node_orders (
        id UUID NOT NULL,
        instance TEXT NOT NULL,
        kernel TEXT,
        verb TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        forced BOOLEAN NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
        taken_at TIMESTAMP WITH TIME ZONE,
        done_at TIMESTAMP WITH TIME ZONE,
        state TEXT NOT NULL,
        detail TEXT,
        CONSTRAINT pk_node_orders PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_node_orders_instance ON node_orders (instance, at) WHERE done_at IS NULL
    """,
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("node_orders", "kernels"):
        op.execute(f"DROP TABLE {table}")
