"""Who fires, who opened an incident and how urgent its work is, and what waits until another of its target ends."""

from alembic import op

revision = "0009_pre_conditions"
down_revision = "0008_pre_roles"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE members (
        target TEXT NOT NULL,
        signature TEXT NOT NULL,
        member TEXT NOT NULL,
        began_at TIMESTAMP WITH TIME ZONE,
        seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_members PRIMARY KEY (target, signature, member)
    )
    """,
    "CREATE INDEX ix_members_seen_at ON members (seen_at)",
    "ALTER TABLE incidents ADD COLUMN opened_by TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE incidents ADD COLUMN priority SMALLINT DEFAULT 5 NOT NULL",
    "ALTER TABLE incidents ADD COLUMN parked BOOLEAN DEFAULT false NOT NULL",
    "CREATE INDEX ix_incidents_opened_by_opened_at ON incidents (opened_by, opened_at)",
    "CREATE INDEX ix_incidents_parked ON incidents (target) WHERE parked",
    "CREATE INDEX ix_signals_received_at ON signals (received_at)",
    "CREATE INDEX ix_signals_unmatched ON signals (id) WHERE target IS NULL",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_signals_unmatched")
    op.execute("DROP INDEX ix_signals_received_at")
    for column in ("parked", "priority", "opened_by"):
        op.execute(f"ALTER TABLE incidents DROP COLUMN {column}")
    op.execute("DROP TABLE members")
