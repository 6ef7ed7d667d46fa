"""The outbox of notices to people, and who has taken what."""

from alembic import op

revision = "0026_pre_notices"
down_revision = "0025_pre_autonomy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE notices (subject TEXT NOT NULL, way TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL,"
        " made_at TIMESTAMPTZ NOT NULL, sent_at TIMESTAMPTZ, thread TEXT, error TEXT,"
        " CONSTRAINT pk_notices PRIMARY KEY (subject, way, key))"
    )
    op.execute("CREATE INDEX ix_notices_made_at ON notices (made_at)")
    op.execute("CREATE INDEX ix_notices_subject ON notices (subject, made_at DESC, key DESC)")
    op.execute(
        "CREATE TABLE takers (subject TEXT NOT NULL, by TEXT NOT NULL, at TIMESTAMPTZ NOT NULL,"
        " CONSTRAINT pk_takers PRIMARY KEY (subject))"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE takers")
    op.execute("DROP TABLE notices")
