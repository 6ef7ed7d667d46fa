"""Signatures of texts that were given, and the names they go under."""

from alembic import op

revision = "0015_pre_signatures"
down_revision = "0014_pre_deployed_and_heard"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE signatures (signature TEXT CONSTRAINT pk_signatures PRIMARY KEY,"
        " given BIGINT GENERATED ALWAYS AS IDENTITY, known_as TEXT NOT NULL, context TEXT NOT NULL,"
        " shape TEXT NOT NULL, family TEXT NOT NULL)"
    )
    op.execute("CREATE INDEX ix_signatures_known_as ON signatures (known_as)")
    op.execute("CREATE INDEX ix_signatures_context ON signatures (context, given)")
    op.execute("CREATE INDEX ix_signatures_family ON signatures (family, given)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE signatures")
