"""The reference page of tables, made from a migrated database: `make tables` writes it, a test compares it."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from grace_workers.adapters.embedded.postgres import EmbeddedPostgres
from grace_workers.adapters.postgres.migrate import upgrade

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = ROOT / "migrations"
PAGE = ROOT / "docs" / "reference" / "tables.md"
INTRO = """\
# Tables

<!-- Made by `make tables`; write a migration instead. -->

What the migrations make, as PostgreSQL describes it. The product's statements name their columns themselves, so only
people read this page; `tests/migrations` compares it with a database. The partitions of `audit_log` are left out."""

NOTES = {
    "audit_inbox": "`json` and not `jsonb`, because it keeps the bytes that were hashed.",
    "breaker_flushes": "The release before this one reads it, so it goes with the release after this one.",
    "event_cursors": "`epoch` fences a holder whose lease ran out; `failing` and `attempts` count how often one event "
    "was tried.",
    "event_head": "One row: the position given last, and the last one that retention has deleted. Its lock lets one "
    "mover through.",
    "events": "`logged_at` never goes back from one position to the next as long as the database's clock does not.",
    "incident_proposers": "Who brought about what becomes of an incident, and so may not approve its plan; `at` is the "
    "last time.",
    "instances": "`epoch` counts the registrations of one name; a job owned under an older epoch belongs to a dead "
    "process. `home` tells two nodes of one name apart. `held`: a person set it apart, so nothing lets it back by "
    "itself. `health_at` is when the present health began.",
    "jobs": "`ring_at` is the outbox: when the relay is to ring this job next; null once it has been rung. `owner`, "
    "`owner_epoch` and `nonce` name the claim; they stay after the end, so that a retried finish knows its own. "
    "`only_on` names the one instance that may run the job. `asked_by` are the people and programs outside the fleet "
    "who submitted it or replayed it. `bell` is the doorbell that the claim answered: when that very one comes again, "
    "its attempt is lost.",
    "leases": "`barred` gave the lease up on request and may not take it again before `barred_until`.",
    "runs": "`job` is the job that acts on the plan: no other may while it runs.",
    "schema_floor": "One row: the newest revision that code must know for this schema still to serve it.",
    "slots": "One row for each place; `job_id` is the job that holds it. A place above the configured limit is never "
    "taken.",
}

_TABLES = r"""
SELECT c.oid, c.relname, coalesce(pg_get_partkeydef(c.oid), ''), coalesce(array_to_string(c.reloptions, ', '), '')
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname <> 'alembic_version' ORDER BY c.relname
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_CONSTRAINTS = """
SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s AND contype <> 'n' ORDER BY contype DESC, conname
"""
_INDEXES = """
SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid) ORDER BY c.relname
"""
_TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s AND NOT tgisinternal ORDER BY tgname"


def tables_page(url: str) -> str:
    """Return the page for the database at `url`."""
    with psycopg.connect(url) as session:
        parts = [_part(session, *row) for row in session.execute(_TABLES).fetchall()]
    return "\n\n".join([INTRO, *parts]) + "\n"


def _part(session: psycopg.Connection[Any], table: int, name: str, partitioned: str, options: str) -> str:
    columns = [_column(*row) for row in session.execute(_COLUMNS, [table])]
    width = max(len(column) for column, _ in columns)
    lines = [f"{column:<{width}} {kind}" for column, kind in columns]
    lines += [f"partition by {partitioned}"] if partitioned else []
    lines += [f"with {options}"] if options else []
    for statement in (_CONSTRAINTS, _INDEXES, _TRIGGERS):
        lines += [row[0].replace("public.", "") for row in session.execute(statement, [table])]
    note = f"\n\n{NOTES[name]}" if name in NOTES else ""
    return f"## {name}{note}\n\n```text\n" + "\n".join(lines) + "\n```"


def _column(name: str, kind: str, needed: bool, identity: str, default: str | None) -> tuple[str, str]:
    words = [kind.replace("timestamp with time zone", "timestamptz")]
    words += ["not null"] if needed else []
    words += ["generated always"] if identity else []
    words += [f"default {default}"] if default else []
    return name, " ".join(words)


def _made() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="grace-tables-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        server.start()
        try:
            upgrade(server.url, SCRIPTS)
            yield tables_page(server.url)
        finally:
            server.stop()


if __name__ == "__main__":
    for text in _made():
        PAGE.write_text(text, encoding="utf-8")
        sys.stdout.write("wrote docs/reference/tables.md\n")
