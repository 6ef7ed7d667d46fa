"""One consistent view of the log, read as parallel streams on sessions that share a snapshot."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from psycopg.types.string import ByteaBinaryLoader

from grace_workers.adapters.postgres.audit.session import DIGEST, Session, connect
from grace_workers.audit import Head, SealedRow, Subtree, UnsealedRow
from grace_workers.foundation.errors import IntegrityError

# The rows are in order on the disk; an index scan streams them at once, while a sort would first write them all out.
_STREAMING = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off;
"""

# A driver's work is per row and per column, so the server returns many entries as one row of arrays.
_WIDTH = 256
_BLOCKS = """
SELECT block.* FROM generate_series(0::bigint, {last:d}, {width:d}) AS first, LATERAL (
    SELECT array_agg(seq), array_agg(entry), array_agg(data), array_agg(salt), array_agg(leaf), array_agg(chain)
    FROM (SELECT seq, entry, data, salt, leaf, chain FROM audit_log
          WHERE seq >= first AND seq < least(first + {width:d}, {end:d}) ORDER BY seq) AS entries) AS block
"""
_BLOCK_TYPES = ["int8[]", "bytea[]", "bytea[]", "bytea[]", "bytea[]", "bytea[]"]


class AuditSnapshot:
    """The content of the database at one moment. Each stream has its own session."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        self._url = url
        self._stack = stack
        self._leader = self._open()
        self._leader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._name = str(self._value("SELECT pg_export_snapshot()"))
        heads = self._leader.execute("SELECT size, frontier, chain FROM audit_head", binary=True).fetchall()
        if len(heads) != 1 or heads[0][0] < 0:
            raise IntegrityError("the log's head is missing or malformed")
        self.head = Head(*heads[0])

    @property
    def session(self) -> Session:
        """The session that exports the snapshot."""
        return self._leader

    @property
    def signed(self) -> int:
        """The size of the newest checkpoint."""
        return int(self._value("SELECT coalesce(max(size), 0) FROM audit_checkpoint"))

    def rows(self, size: int | None = None) -> Iterator[SealedRow]:
        """Yield the entries by seq; those outside the head's range come last."""
        end = self.head.size if size is None else size
        # A head that claims more entries than exist must not make this search for them.
        end = min(end, int(self._value("SELECT coalesce(max(seq) + 1, 0) FROM audit_log")))
        for block in self._stream(_BLOCKS.format(last=end - 1, end=end, width=_WIDTH), _BLOCK_TYPES):
            if block[0] is not None:
                yield from zip(*block, strict=True)
        outside = "seq < 0" if size is not None else f"seq < 0 OR seq >= {end:d}"
        query = f"SELECT seq, entry, data, salt, leaf, chain FROM audit_log WHERE {outside} ORDER BY seq"  # noqa: S608 -- a number
        yield from self._stream(query, ["int8", "bytea", "bytea", "bytea", "bytea", "bytea"])

    def nodes(self, size: int | None = None) -> Iterator[Subtree]:
        """Yield the tree nodes in the order in which they filled."""
        limit = "" if size is None else f"WHERE (idx + 1) << height <= {size:d}"
        query = f"SELECT height, idx, hash FROM audit_node {limit} ORDER BY (idx + 1) << height, height"  # noqa: S608 -- a number
        return map(Subtree._make, self._stream(query, ["int2", "int8", "bytea"]))

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """Yield the checkpoints by size."""
        return self._stream("SELECT size, note FROM audit_checkpoint ORDER BY size", ["int8", "text"])

    def set_aside(self) -> Iterator[tuple[int, str]]:
        """Yield the digests of the rows set aside, by the seq of their notice."""
        return self._stream(f"SELECT seq, {DIGEST} FROM audit_set_aside ORDER BY seq", ["int8", "text"])  # noqa: S608 -- a constant

    def unsealed(self) -> Iterator[UnsealedRow]:
        """Yield what waits in the inbox, oldest first."""
        return self._stream("SELECT entry, data, salt FROM audit_inbox ORDER BY id", ["bytea", "bytea", "bytea"])

    def _stream(self, query: str, types: list[str]) -> Iterator[Any]:
        session = self._open()
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        session.execute(f"SET TRANSACTION SNAPSHOT '{self._name}'")
        session.execute(_STREAMING)
        session.adapters.register_loader("json", ByteaBinaryLoader)
        stream = _copied(session, query, types)
        self._stack.callback(stream.close)
        return stream

    def _open(self) -> Session:
        session = connect(self._url)
        # Not the session's own context manager: it would commit, and wait for ever on a stream that was not read to its
        # end.
        self._stack.callback(session.close)
        return session

    def _value(self, query: str) -> Any:
        row = self._leader.execute(query).fetchone()
        return None if row is None else row[0]


def _copied(session: Session, query: str, types: list[str]) -> Generator[Any, None, None]:
    with session.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
        # The binary form of `json` is its text, so the stored bytes come as they are.
        copy.set_types(types)
        yield from copy.rows()


@contextmanager
def snapshot(url: str) -> Iterator[AuditSnapshot]:
    """Open a view of the log; all its sessions are closed at the end of the block."""
    with ExitStack() as stack:
        yield AuditSnapshot(url, stack)
