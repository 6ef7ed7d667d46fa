"""What the sealer needs to refuse an entry: where each writer's stream stands, and a place for what it sets aside.

The fleet's login may from now on give an entry's text, details and salt only; id, time and session are the server's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_pre_audit_admission"
down_revision = "0010_pre_runs"
branch_labels = None
depends_on = None

OWNER, WRITER, SEALER, READER, REDACTOR = (
    "grace_audit_owner",
    "grace_audit_writer",
    "grace_audit_sealer",
    "grace_audit_reader",
    "grace_audit_redactor",
)

_STATEMENTS = (
    # No default for the rows that wait now: they were not inserted by this session.
    "ALTER TABLE audit_inbox ADD COLUMN IF NOT EXISTS backend integer",
    "ALTER TABLE audit_inbox ALTER COLUMN backend SET DEFAULT pg_backend_pid()",
    "ALTER TABLE audit_head ADD COLUMN IF NOT EXISTS streams bigint NOT NULL DEFAULT 0",
    """
    CREATE TABLE IF NOT EXISTS audit_stream (
        writer text NOT NULL CONSTRAINT pk_audit_stream PRIMARY KEY,
        number bigint NOT NULL,
        leaf text NOT NULL,
        backends integer[] NOT NULL
    ) WITH (fillfactor = 70)
    """,
    """
    CREATE TABLE IF NOT EXISTS audit_set_aside (
        seq bigint NOT NULL CONSTRAINT pk_audit_set_aside PRIMARY KEY,
        inbox_id bigint NOT NULL,
        entry json NOT NULL,
        data json,
        salt bytea,
        inserted_at timestamptz,
        why text NOT NULL,
        set_aside_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
)

_TRIGGERS = (("audit_stream", "DELETE"), ("audit_set_aside", "UPDATE OR DELETE"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    bind = op.get_bind()
    schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
    hardened = bind.scalar(
        sa.text(
            "SELECT tableowner = :owner FROM pg_tables "
            "WHERE tablename = 'audit_inbox' AND schemaname = ANY (current_schemas(false))"
        ),
        {"owner": OWNER},
    )
    if hardened:
        op.execute(f"SET LOCAL ROLE {OWNER}")
    for statement in _STATEMENTS:
        op.execute(statement)
    for table, events in _TRIGGERS:
        for name, event in (("audit_refuse_change", events), ("audit_refuse_truncate", "TRUNCATE")):
            op.execute(
                f"CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    # A definer's function looks into the caller's temporary schema first, unless that is named last.
    op.execute(f"ALTER FUNCTION audit_extend(bigint) SET search_path = pg_catalog, {schema}, pg_temp")
    if hardened:
        for statement in (
            f"REVOKE INSERT ON audit_inbox FROM {WRITER}, {REDACTOR}",
            f"GRANT INSERT (entry, data, salt) ON audit_inbox TO {WRITER}, {REDACTOR}",
            f"GRANT SELECT, INSERT, UPDATE ON audit_stream TO {SEALER}",
            f"GRANT SELECT, INSERT ON audit_set_aside TO {SEALER}",
            f"GRANT SELECT ON audit_stream, audit_set_aside TO {READER}",
        ):
            op.execute(statement)
        op.execute("RESET ROLE")


def downgrade() -> None:
    """Take nothing away: what was set aside belongs to the audit log, and code of before runs with all of it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
