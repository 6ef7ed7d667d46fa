"""Plain psycopg sessions on the audit tables: roles, and reading stored hashes for proofs."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg

from grace_workers.adapters.postgres.pooler import refuse_pooler
from grace_workers.audit import Frontier, Hashes, Head
from grace_workers.foundation.errors import IntegrityError

SEALER = "grace_audit_sealer"
_SEALER_LIMITS = """
SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '3s';
SET LOCAL statement_timeout = '10s';
SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off;
"""
REDACTOR = "grace_audit_redactor"

DIGEST = """
encode(sha256(sha256(convert_to(entry::text, 'UTF8'))
    || coalesce('\\x01' || sha256(convert_to(data::text, 'UTF8')), '\\x00')
    || coalesce('\\x01' || sha256(salt), '\\x00')), 'hex')
"""
"""The SQL for the digest of a row, as its notice names it: entry, details and salt, each hashed separately."""

_PLAIN = re.compile(r"postgres(ql)?(\+psycopg)?://[^@/?]*@?[^@/?]*(/[^@?/]*)?(\?[^@]*)?")

Session = psycopg.Connection[tuple[Any, ...]]


def connect(url: str) -> Session:
    """Return a session for any spelling of a PostgreSQL URL, in autocommit; `transaction()` begins one."""
    session = psycopg.connect(_libpq_url(url), autocommit=True, connect_timeout=10)
    refuse_pooler(session)
    return session


def _libpq_url(url: str) -> str:
    if _PLAIN.fullmatch(url):
        return "postgresql:" + url.partition(":")[2]
    # SQLAlchemy reads spellings that libpq does not, such as a password with `@`; importing it costs a small verifier's
    # memory.
    from sqlalchemy import make_url

    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def role_clause(session: Session, role: str) -> str:
    """Return the SQL that takes `role` for one transaction; empty if the roles could not be made."""
    found = session.execute(
        "SELECT tableowner = 'grace_audit_owner' FROM pg_tables WHERE tablename = 'audit_inbox' "
        "AND schemaname = ANY (current_schemas(false))"
    ).fetchone()
    return f"SET LOCAL ROLE {role};" if found is not None and found[0] else ""


class SealerSession:
    """The sealer's session. Every transaction of it has the sealer's role and limits."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: Session | None = None
        self._role = ""

    @property
    def is_open(self) -> bool:
        """Whether there is a session that has not been closed or lost."""
        return self._session is not None and not self._session.closed

    @property
    def current(self) -> Session:
        """The session; only after `open`."""
        if self._session is None:
            raise AssertionError("the sealer has no session; open one first")
        return self._session

    @property
    def begin(self) -> str:
        """The SQL with which a transaction begins."""
        return f"{self._role} {_SEALER_LIMITS}"

    def open(self) -> None:
        """Connect again."""
        self._session = connect(self._url)
        self._role = role_clause(self._session, SEALER)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Begin a transaction, and commit it at the end unless an error is raised."""
        session = self.current
        with session.transaction():
            session.execute(self.begin)
            yield session

    def close(self) -> None:
        """Disconnect."""
        if self._session is not None:
            self._session.close()
            self._session = None


def stored_hashes(session: Session) -> Hashes:
    """Return the log's stored leaves and nodes, for proofs within one transaction."""

    def leaves(start: int, end: int) -> Sequence[bytes]:
        rows = session.execute(
            "SELECT leaf FROM audit_log WHERE seq >= %s AND seq < %s ORDER BY seq", (start, end), binary=True
        ).fetchall()
        if len(rows) != end - start:
            raise IntegrityError(f"entries between {start} and {end - 1} are missing; run `grace audit verify`")
        return [row[0] for row in rows]

    @lru_cache(maxsize=8)
    def tile(height: int, number: int) -> dict[int, bytes]:
        rows = session.execute(
            "SELECT idx, hash FROM audit_node WHERE height = %s AND idx >= %s AND idx < %s",
            (height, number << 8, (number + 1) << 8),
            binary=True,
        ).fetchall()
        return dict(rows)

    def node(height: int, idx: int) -> bytes:
        try:
            return tile(height, idx >> 8)[idx]
        except KeyError as error:
            raise IntegrityError(f"tree node {height}/{idx} is missing; run `grace audit verify`") from error

    return Hashes(leaves=leaves, node=node)


def frontier_of(head: Head) -> Frontier:
    """Return the tree's frontier as the head stores it."""
    return Frontier.unpack(head.size, head.frontier)
