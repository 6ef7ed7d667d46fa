"""One batch of a sealing pass: which rows leave the inbox, and what is written for them."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from grace_workers.adapters.postgres.audit.session import Session, frontier_of
from grace_workers.audit import MOST_DETAILS, MOST_ENVELOPE, Arrival, Head, Subtree, chain_start, leaf_hash, link
from grace_workers.foundation.errors import IntegrityError

PART_BITS = 20
_SWEEP_EVERY = 1.0
_LATE = 2_000
_APART = 1_000_000
_LOWEST = -(2**63)
_FEWEST = 20
_GROWS_AFTER = 3
_MOST_BYTES = 32 * 1024 * 1024

# Rows that are too large are not read at all, and the rows of one pass together stay below a limit.
_READ = f"""
SELECT id, CASE WHEN fits THEN entry END, CASE WHEN fits THEN data END, CASE WHEN fits THEN salt END, backend FROM (
    SELECT *, sum(CASE WHEN fits THEN envelope + details ELSE 0 END) OVER (ORDER BY id) AS until FROM (
        SELECT *, envelope <= {MOST_ENVELOPE} AND details <= {MOST_DETAILS} AND salted <= 1024 AS fits FROM (
            SELECT *, octet_length(entry) AS envelope, coalesce(octet_length(data), 0) AS details,
                coalesce(octet_length(salt), 0) AS salted
            FROM (
                SELECT id, entry::text, data::text, salt, backend
                FROM audit_inbox WHERE id >= %(start)s ORDER BY id LIMIT %(limit)s
            ) AS waiting
        ) AS measured
    ) AS weighed
) AS found
WHERE until <= {_MOST_BYTES} ORDER BY id
"""  # noqa: S608 -- numbers

_KEEP_NODES = """
INSERT INTO audit_node (height, idx, hash) SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])
"""

LogRow = tuple[int, bytes, bytes | None, bytes | None]
"""inbox id, envelope, data, salt."""


class Arrivals(NamedTuple):
    """Rows of the inbox. `whole`: they are the oldest ones, so whatever they build on is among them or sealed."""

    rows: Sequence[Arrival]
    whole: bool


class InboxBatch:
    """How far the inbox has been read, and how many entries the next pass takes at most: `limit`, never above `size`.

    The limit is halved after a pass that took too long, and doubled again after some that did not, so that a slow
    machine makes small steps instead of repeating the same large one.

    A pass starts a little below the last id taken, so that it does not walk over dead rows that an old snapshot
    retains; once a second it starts from the bottom, to find transactions that committed late.
    """

    def __init__(self, size: int) -> None:
        self.size = self.limit = size
        self._good = 0
        self._low = _LOWEST
        self._swept_at = float("-inf")

    def start(self) -> int:
        """Return the id from which to look now."""
        now = time.monotonic()
        if now - self._swept_at < _SWEEP_EVERY:
            return self._low
        self._swept_at = now
        return _LOWEST

    def sweep(self) -> None:
        """Look from the bottom next time."""
        self._swept_at = float("-inf")

    def shrink(self) -> None:
        """Take half as many entries from now on, because a pass took too long."""
        self.limit = max(min(_FEWEST, self.size), self.limit // 2)
        self._good = 0
        self.sweep()

    def done(self, ids: Sequence[int]) -> None:
        """Record which ids a committed pass took; a full batch may have left rows below the highest id behind."""
        if not ids:
            return
        full = len(ids) >= self.limit
        if full:
            self._grow()
        # Ids that are far apart were not given by the server; starting after the highest of them would miss everything
        # else.
        given = max(ids) - min(ids) < _APART
        self._low = max(self._low, max(ids) - _LATE) if given and not full else _LOWEST

    def _grow(self) -> None:
        """Count a pass that took its full limit. A pass that took few says nothing about how many it could take."""
        self._good += 1
        if self._good >= _GROWS_AFTER and self.limit < self.size:
            self.limit, self._good = min(self.size, self.limit * 2), 0


def waits(session: Session, batch: InboxBatch, begin: str) -> bool:
    """Return, after one round trip, whether a row waits in the inbox. `begin` is the SQL with which a pass begins."""
    start = batch.start()
    # Without parameters the server takes several statements at once, as one transaction.
    cursor = session.execute(f"{begin} SELECT id FROM audit_inbox WHERE id >= {start:d} ORDER BY id LIMIT 1")  # noqa: S608 -- a number
    while cursor.nextset():
        continue
    found = cursor.fetchone() is not None
    if found and start == _LOWEST:
        batch.sweep()
    return found


def read(session: Session, batch: InboxBatch) -> Arrivals:
    """Return the next rows of the inbox, lowest id first, no more than fit into memory."""
    start = batch.start()
    found = session.execute(_READ, {"start": start, "limit": batch.limit}, binary=True).fetchall()
    rows = [
        Arrival(id_, entry and entry.encode(), data if data is None else data.encode(), salt, backend)
        for id_, entry, data, salt, backend in found
    ]
    return Arrivals(rows, whole=start == _LOWEST)


def remove(session: Session, ids: Sequence[int]) -> None:
    """Take rows out of the inbox."""
    given = "{" + ",".join(map(str, ids)) + "}"
    gone = session.execute("DELETE FROM audit_inbox WHERE id = ANY (%s::bigint[])", (given,)).rowcount
    if gone != len(ids):
        raise IntegrityError(f"{len(ids)} entries were read from the inbox, but only {gone} could be removed")


def seal(session: Session, head: Head, origin: str, rows: Sequence[LogRow]) -> None:
    """Write rows to the log after `head`, with leaf, chain, tree nodes and the new head."""
    tree, chain = frontier_of(head), head.chain if head.size else chain_start(origin)
    _extend(session, head.size, head.size + len(rows) - 1)
    leaves: list[bytes] = []
    with session.cursor().copy(
        "COPY audit_log (seq, inbox_id, entry, data, salt, leaf, chain) FROM STDIN (FORMAT BINARY)"
    ) as copy:
        # The binary form of `json` is its text, so bytes are passed through as they are.
        copy.set_types(["int8", "int8", "bytea", "bytea", "bytea", "bytea", "bytea"])
        for seq, (inbox_id, envelope, data, salt) in enumerate(rows, start=head.size):
            leaf = leaf_hash(envelope)
            chain = link(seq, chain, leaf)
            leaves.append(leaf)
            copy.write_row((seq, inbox_id, envelope, data, salt, leaf, chain))
    _keep_nodes(session, tree.extend(leaves))
    session.execute(
        "UPDATE audit_head SET origin = %s, size = %s, frontier = %s, chain = %s, streams = %s",
        (origin, tree.size, tree.pack(), chain, tree.size),
    )


def _extend(session: Session, first: int, last: int) -> None:
    if first % (1 << PART_BITS) == 0 or first >> PART_BITS != last >> PART_BITS:
        session.execute("SELECT audit_extend(%s)", (last >> PART_BITS,))


def _keep_nodes(session: Session, nodes: Sequence[Subtree]) -> None:
    if nodes:
        session.execute(_KEEP_NODES, [list(column) for column in zip(*nodes, strict=True)])
