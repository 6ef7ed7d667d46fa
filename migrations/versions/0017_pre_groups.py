"""Which incident leads which, and which targets fail together."""

from alembic import op

revision = "0017_pre_groups"
down_revision = "0016_pre_precedents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE incidents ADD COLUMN part_of UUID")
    op.execute("CREATE INDEX ix_incidents_part_of ON incidents (part_of) WHERE part_of IS NOT NULL")
    op.execute(
        "CREATE TABLE failures (target TEXT CONSTRAINT pk_failures PRIMARY KEY, failed INTEGER NOT NULL,"
        " since TIMESTAMPTZ NOT NULL)"
    )
    op.execute(
        "CREATE TABLE co_occurrences (one TEXT NOT NULL, other TEXT NOT NULL, together INTEGER NOT NULL,"
        " seen_at TIMESTAMPTZ NOT NULL, CONSTRAINT pk_co_occurrences PRIMARY KEY (one, other))"
    )
    op.execute("CREATE INDEX ix_co_occurrences_other ON co_occurrences (other)")
    op.execute("CREATE INDEX ix_co_occurrences_seen_at ON co_occurrences (seen_at)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE co_occurrences")
    op.execute("DROP TABLE failures")
    op.execute("DROP INDEX ix_incidents_part_of")
    op.execute("ALTER TABLE incidents DROP COLUMN part_of")
