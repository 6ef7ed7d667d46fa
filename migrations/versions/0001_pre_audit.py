"""The audit log: its tables, the roles that may touch them, and the triggers that refuse everybody else.

Where the migrating role may not create roles, the tables stay its own and only the triggers guard them; the comment on
`audit_refuse()` says which of the two it is.
"""

import logging

import sqlalchemy as sa
from alembic import op
from psycopg.errors import InsufficientPrivilege

revision = "0001_pre_audit"
down_revision = None
branch_labels = None
depends_on = None

log = logging.getLogger(__name__)

OWNER, WRITER, SEALER, READER, REDACTOR = ROLES = (
    "grace_audit_owner",
    "grace_audit_writer",
    "grace_audit_sealer",
    "grace_audit_reader",
    "grace_audit_redactor",
)
PLAIN_TABLES = ("audit_inbox", "audit_head", "audit_node", "audit_checkpoint", "audit_anchor")
TABLES = (*PLAIN_TABLES, "audit_log")

CREATE = """
CREATE TABLE audit_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_audit_inbox PRIMARY KEY,
    entry json NOT NULL, data json, salt bytea, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE audit_log (
    seq bigint NOT NULL CONSTRAINT pk_audit_log PRIMARY KEY, inbox_id bigint NOT NULL, entry json NOT NULL, data json,
    salt bytea, leaf bytea NOT NULL, chain bytea NOT NULL, sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (seq);
CREATE INDEX ix_audit_log_incident ON audit_log ((entry ->> 'incident'), seq);
CREATE INDEX ix_audit_log_action ON audit_log ((entry ->> 'action'), seq);
CREATE INDEX ix_audit_log_entry_id ON audit_log ((entry ->> 'id'));
CREATE TABLE audit_head (
    id smallint NOT NULL DEFAULT 1 CONSTRAINT pk_audit_head PRIMARY KEY, origin text, size bigint NOT NULL,
    frontier bytea NOT NULL, chain bytea NOT NULL, CONSTRAINT ck_audit_head_only_one CHECK (id = 1));
CREATE TABLE audit_node (
    height smallint NOT NULL, idx bigint NOT NULL, hash bytea NOT NULL,
    CONSTRAINT pk_audit_node PRIMARY KEY (height, idx));
CREATE TABLE audit_checkpoint (
    size bigint NOT NULL CONSTRAINT pk_audit_checkpoint PRIMARY KEY, note text NOT NULL, key_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE audit_anchor (
    size bigint NOT NULL, place text NOT NULL, receipt bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(), CONSTRAINT pk_audit_anchor PRIMARY KEY (size, place));
INSERT INTO audit_head (size, frontier, chain) VALUES (0, '', '');
"""

# The gate is the role and not a setting: a setting lets the owner through.
REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_NARGS = 1 AND current_user = TG_ARGV[0] THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: the audit log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION audit_redact_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = TG_ARGV[0] AND NEW.data IS NULL AND NEW.salt IS NULL
       AND NEW.seq = OLD.seq AND NEW.inbox_id = OLD.inbox_id AND NEW.entry::text = OLD.entry::text
       AND NEW.leaf = OLD.leaf AND NEW.chain = OLD.chain AND NEW.sealed_at = OLD.sealed_at THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % is refused: the audit log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""

# CREATE … LIKE and ATTACH take no lock that readers or the sealer would wait for; CREATE … PARTITION OF does.
# TRUNCATE triggers of the parent do not guard a partition, so each gets its own.
EXTEND = """
CREATE FUNCTION audit_extend(part bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, {schema} AS $$
DECLARE name text := 'audit_log_' || lpad(part::text, 6, '0');
BEGIN
    IF to_regclass('{schema}.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE {schema}.%I (LIKE {schema}.audit_log INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE {schema}.audit_log ATTACH PARTITION {schema}.%I FOR VALUES FROM (%s) TO (%s)',
                   name, part << 20, (part + 1) << 20);
    EXECUTE format('CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON {schema}.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.audit_refuse()', name);
    EXECUTE format('ALTER TABLE {schema}.%I ENABLE ALWAYS TRIGGER audit_refuse_truncate', name);
    EXECUTE format('ALTER TABLE {schema}.%I ENABLE ALWAYS TRIGGER audit_refuse_change', name);
END $$;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    bind = op.get_bind()
    schema = bind.scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(CREATE)
    op.execute(REFUSE)
    op.execute(EXTEND.format(schema=schema))
    hardened = _create_roles()
    login = bind.scalar(sa.text("SELECT current_user"))
    _guard(SEALER if hardened else login, REDACTOR if hardened else login)
    op.execute("SELECT audit_extend(0)")
    op.execute("REVOKE EXECUTE ON FUNCTION audit_extend(bigint) FROM PUBLIC")
    if hardened:
        hardened = _hand_over(schema)
        if not hardened:
            _guard(login, login)
    _say(hardened=hardened)


def downgrade() -> None:
    raise NotImplementedError("the audit log is not taken down; restore the database to an earlier state instead")


def _attempt(*statements: str) -> bool:
    """Run the statements; when a right is missing, undo them and return False."""
    try:
        with op.get_bind().begin_nested():
            for statement in statements:
                op.get_bind().exec_driver_sql(statement)
    except sa.exc.ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        return False
    return True


def _create_roles() -> bool:
    create = (
        "DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    known = op.get_bind().scalars(sa.text("SELECT rolname FROM pg_roles")).all()
    return _attempt(*(create.format(role=role) for role in ROLES if role not in known))


def _guard(sealer: str, redactor: str) -> None:
    quote = op.get_bind().dialect.identifier_preparer.quote
    for table in TABLES:
        op.execute(f"DROP TRIGGER IF EXISTS audit_refuse_change ON {table}")
        op.execute(f"DROP TRIGGER IF EXISTS audit_refuse_delete ON {table}")
    literal = sealer.replace("'", "''")
    rules = {
        "audit_inbox": [("audit_refuse_change", "UPDATE", ""), ("audit_refuse_delete", "DELETE", literal)],
        "audit_head": [("audit_refuse_change", "UPDATE", literal), ("audit_refuse_delete", "INSERT OR DELETE", "")],
    }
    for table in PLAIN_TABLES:
        for name, events, role in rules.get(table, [("audit_refuse_change", "UPDATE OR DELETE", "")]):
            argument = f"'{role}'" if role else ""
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH STATEMENT "
                f"EXECUTE FUNCTION audit_refuse({argument})"
            )
            op.execute(f"ALTER TABLE {quote(table)} ENABLE ALWAYS TRIGGER {name}")
    literal = redactor.replace("'", "''")
    op.execute(
        "CREATE TRIGGER audit_refuse_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW "
        f"EXECUTE FUNCTION audit_redact_only('{literal}')"
    )
    op.execute("ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_refuse_change")
    for table in TABLES:
        op.execute(f"DROP TRIGGER IF EXISTS audit_refuse_truncate ON {table}")
        op.execute(
            f"CREATE TRIGGER audit_refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
            "EXECUTE FUNCTION audit_refuse()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER audit_refuse_truncate")


def _hand_over(schema: str) -> bool:
    """Give the tables to a role that cannot log in, and each other role the least it needs.

    The migrating role may write and read as itself; it seals and redacts only after SET ROLE.
    """
    superuser = op.get_bind().scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
    grants = [
        f"GRANT USAGE ON SCHEMA {schema} TO {', '.join(ROLES)}",
        f"GRANT CREATE ON SCHEMA {schema} TO {OWNER}",
        f"GRANT INSERT ON audit_inbox TO {WRITER}, {REDACTOR}",
        f"GRANT SELECT ON {', '.join(TABLES)} TO {READER}",
        f"GRANT SELECT, DELETE ON audit_inbox TO {SEALER}",
        f"GRANT SELECT, INSERT ON audit_log, audit_node, audit_checkpoint, audit_anchor TO {SEALER}",
        f"GRANT SELECT, UPDATE ON audit_head TO {SEALER}",
        f"GRANT SELECT ON audit_log TO {REDACTOR}",
        f"GRANT UPDATE (data, salt) ON audit_log TO {REDACTOR}",
        f"GRANT EXECUTE ON FUNCTION audit_extend(bigint) TO {SEALER}",
    ]
    memberships = [
        f"GRANT {WRITER}, {READER} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE",
        f"GRANT {SEALER}, {REDACTOR} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE",
        f"GRANT {OWNER} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE",
    ]
    owned = [f"ALTER TABLE {table} OWNER TO {OWNER}" for table in (*TABLES, "audit_log_000000")]
    owned += [f"ALTER FUNCTION {name} OWNER TO {OWNER}" for name in ("audit_refuse()", "audit_redact_only()")]
    owned.append(f"ALTER FUNCTION audit_extend(bigint) OWNER TO {OWNER}")
    return _attempt(*grants, *([] if superuser else memberships), *owned)


def _say(*, hardened: bool) -> None:
    kind = "roles and triggers" if hardened else "triggers only"
    if hardened:
        op.execute(f"SET LOCAL ROLE {OWNER}")
    op.execute(f"COMMENT ON FUNCTION audit_refuse() IS 'guarded by {kind}'")
    op.execute("RESET ROLE")
    if not hardened:
        log.warning("the migrating role may not create roles; the audit log is guarded by triggers only")
