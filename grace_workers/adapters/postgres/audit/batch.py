"""One batch of a seal pass: which rows leave the inbox, and what is written for them."""

import json
import time
from collections.abc import Sequence
from typing import cast

from grace_workers.adapters.postgres.audit.session import Session, frontier_of
from grace_workers.audit import ROTATE, Head, Node, Signer, chain_start, leaf_hash, link
from grace_workers.foundation.errors import IntegrityError

PART_BITS = 20
_SWEEP_EVERY = 1.0
_LATE = 2_000
_ROTATION = f'{{"action":"{ROTATE}"'

InboxRow = tuple[int, str, str | None, bytes | None]
"""id, entry, data, salt."""


class Batch:
    """How far the inbox has been read.

    A pass starts a little below the last id taken, so that it does not walk over dead rows that an old snapshot keeps;
    once a second it starts from the bottom, for transactions that committed late.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._low = 0
        self._swept_at = float("-inf")

    def start(self) -> int:
        """Return the id above which to look now."""
        now = time.monotonic()
        if now - self._swept_at < _SWEEP_EVERY:
            return self._low
        self._swept_at = now
        return 0

    def sweep(self) -> None:
        """Look from the bottom next time."""
        self._swept_at = float("-inf")

    def done(self, ids: Sequence[int]) -> None:
        """Note which ids a committed pass took; a full batch may have left rows below the highest id behind."""
        if ids:
            self._low = max(self._low, max(ids) - _LATE) if len(ids) < self.size else 0


def waits(session: Session, batch: Batch, begin: str) -> bool:
    """Tell in one round trip whether a row waits in the inbox. `begin` is the SQL with which a pass begins."""
    start = batch.start()
    # Without parameters the server takes several statements at once, as one transaction.
    cursor = session.execute(f"{begin} SELECT id FROM audit_inbox WHERE id > {start:d} ORDER BY id LIMIT 1")  # noqa: S608 -- a number
    while cursor.nextset():
        continue
    found = cursor.fetchone() is not None
    if found and start == 0:
        batch.sweep()
    return found


def remove(session: Session, batch: Batch, following: Signer | None) -> list[InboxRow]:
    """Take the next rows out of the inbox, oldest id first; a rotation to our next key ends the batch."""
    found = session.execute(
        "SELECT id, entry::text, data::text, salt FROM audit_inbox WHERE id > %s ORDER BY id LIMIT %s",
        (batch.start(), batch.size),
        binary=True,
    ).fetchall()
    rows = cast("list[InboxRow]", found)
    if following is not None:
        rows = _until_rotation(rows, str(following.key))
    if rows:
        ids = [row[0] for row in rows]
        gone = session.execute("DELETE FROM audit_inbox WHERE id = ANY (%s)", (ids,)).rowcount
        if gone != len(ids):
            raise IntegrityError(f"{len(ids)} entries were read from the inbox, but {gone} were there to remove")
    return rows


def seal(session: Session, head: Head, origin: str, rows: Sequence[InboxRow]) -> None:
    """Write rows to the log behind `head`, with leaf, chain, tree nodes and the new head."""
    tree, chain = frontier_of(head), head.chain if head.size else chain_start(origin)
    _extend(session, head.size, head.size + len(rows) - 1)
    leaves: list[bytes] = []
    with session.cursor().copy(
        "COPY audit_log (seq, inbox_id, entry, data, salt, leaf, chain) FROM STDIN (FORMAT BINARY)"
    ) as copy:
        # The binary form of `json` is its text, so bytes are passed through as they are.
        copy.set_types(["int8", "int8", "bytea", "bytea", "bytea", "bytea", "bytea"])
        for seq, (inbox_id, text, data, salt) in enumerate(rows, start=head.size):
            leaf = leaf_hash(text.encode())
            chain = link(seq, chain, leaf)
            leaves.append(leaf)
            copy.write_row((seq, inbox_id, text.encode(), None if data is None else data.encode(), salt, leaf, chain))
    _keep_nodes(session, tree.extend(leaves))
    session.execute(
        "UPDATE audit_head SET origin = %s, size = %s, frontier = %s, chain = %s",
        (origin, tree.size, tree.pack(), chain),
    )


def _until_rotation(rows: list[InboxRow], key: str) -> list[InboxRow]:
    for place, row in enumerate(rows):
        if row[1].startswith(_ROTATION) and json.loads(row[1])["subject"] == key:
            return rows[: place + 1]
    return rows


def _extend(session: Session, first: int, last: int) -> None:
    if first % (1 << PART_BITS) == 0 or first >> PART_BITS != last >> PART_BITS:
        session.execute("SELECT audit_extend(%s)", (last >> PART_BITS,))


def _keep_nodes(session: Session, nodes: Sequence[Node]) -> None:
    if nodes:
        with session.cursor() as cursor:
            cursor.executemany("INSERT INTO audit_node (height, idx, hash) VALUES (%s, %s, %s)", nodes)
