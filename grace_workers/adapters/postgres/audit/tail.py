"""Whether the log still continues what was last signed: a look at its end, within a few milliseconds.

Only `verify` reads the whole log. This notices a log that was rolled back, rewritten or cut at its end, a key that is
missing or open to others, and entries that no one seals. It writes nothing and takes no lock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import Engine

from grace_workers.adapters.postgres.audit.head import continues
from grace_workers.adapters.postgres.audit.session import Session
from grace_workers.adapters.postgres.engine import translated
from grace_workers.audit import ROTATE, Head, NoteError, Signer, leaf_hash, link, read_checkpoint, signed_by
from grace_workers.fleet import AuditFacts
from grace_workers.foundation.errors import GraceError, NotFoundError
from grace_workers.orchestration.audit_archive import Anchor, SealingKeys

_LOOKED_AT = 16
_HEAD = "SELECT size, frontier, chain, coalesce(origin, '') FROM audit_head"
_WAITING = "SELECT count(*), coalesce(clock_timestamp() - min(at), interval '0') FROM audit_inbox"
_ROWS = "SELECT seq, entry::text, leaf, chain FROM audit_log WHERE seq >= %s ORDER BY seq"
_NEWEST = "SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
_ENTRY = "SELECT entry ->> 'action', entry ->> 'subject' FROM audit_log WHERE seq = %s"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read outside the database before this look: the key, the checkpoints, and what was wrong with them."""

    signer: Signer | None
    keyless: str | None
    notes: Sequence[str]
    faults: Sequence[str]


class TailCheck:
    """The look, for a node called `instance`; a log named after it is this node's to sign."""

    def __init__(self, engine: Engine, keys: SealingKeys, anchors: Sequence[Anchor], *, instance: str) -> None:
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._keys = keys
        self._anchors = tuple(anchors)
        self._instance = instance

    def look(self) -> AuditFacts:
        """Return the state of the log. Raises TransientError when the database is unreachable."""
        # The checkpoints first: the log may grow meanwhile, but what it then holds must continue them.
        kept = self._kept()
        with translated(), self._engine.connect() as connection:
            session = cast("Session", connection.connection.driver_connection)
            heads = session.execute(_HEAD, binary=True).fetchall()
            waiting, oldest = session.execute(_WAITING).fetchall()[0]
            if len(heads) != 1 or heads[0][0] < 0:
                gone = "the log's head is missing or malformed"
                return AuditFacts(
                    size=0, signed=None, waiting=waiting, oldest_waits=oldest, faults=(*kept.faults, gone), keyless=None
                )
            size, frontier, chain, origin = heads[0]
            newest = session.execute(_NEWEST).fetchone()
            notes = [*kept.notes, *([] if newest is None else [newest[0]])]
            head = Head(size, frontier, chain)
            faults = [*kept.faults, *self._key_faults(kept, origin, size), *_tail_faults(session, head)]
            faults += _signed_faults(session, head, kept.signer, [note for note in notes if _is_of(note, origin)])
        return AuditFacts(
            size=size,
            signed=max((read_checkpoint(note).size for note in notes if _is_of(note, origin)), default=None),
            waiting=waiting,
            oldest_waits=cast("timedelta", oldest),
            faults=tuple(dict.fromkeys(faults)),
            keyless=kept.keyless if size else None,
        )

    def _kept(self) -> _Kept:
        notes = list[str | None]()
        try:
            notes.append(self._keys.last())
            origin = self._keys.pinned().name
            notes += [anchor.newest(origin) for anchor in self._anchors]
            signer = self._keys.signer()
        except NotFoundError as missing:
            return _Kept(None, str(missing), [note for note in notes if note], [])
        except (GraceError, OSError) as error:
            return _Kept(None, None, [note for note in notes if note], [str(error)])
        return _Kept(signer, None, [note for note in notes if note], [])

    def _key_faults(self, kept: _Kept, origin: str, size: int) -> Iterator[str]:
        mine = origin.startswith(f"{self._instance}/") or bool(kept.notes)
        if kept.keyless is not None and size and mine:
            yield kept.keyless
        if kept.signer is not None and origin and kept.signer.key.name != origin and kept.notes:
            yield f"the log belongs to {origin}, but the key here to {kept.signer.key.name}"


def _tail_faults(session: Session, head: Head) -> Iterator[str]:
    """Yield what is wrong with the newest entries: their bytes, their order, the links between them."""
    first = max(0, head.size - _LOOKED_AT)
    rows = session.execute(_ROWS, (first,)).fetchall()
    if [row[0] for row in rows] != list(range(first, head.size)):
        yield f"the log's head says {head.size} entries, but some of the newest are missing"
        return
    previous: bytes | None = None
    for seq, entry, leaf, chain in rows:
        if leaf_hash(entry.encode()) != leaf:
            yield f"entry {seq} was changed after it was sealed"
        if previous is not None and link(seq, previous, leaf) != chain:
            yield f"entry {seq} does not continue the one before it"
        previous = chain
    if previous is not None and previous != head.chain:
        yield "the log's head does not continue its newest entry"


def _signed_faults(session: Session, head: Head, signer: Signer | None, notes: Sequence[str]) -> Iterator[str]:
    """Yield how the log fails to continue the newest checkpoint, or how that checkpoint does not match its key."""
    if not notes:
        if head.size and signer is not None:
            yield f"the log holds {head.size} entries, but nothing records what was signed last"
        return
    note = max(notes, key=lambda one: read_checkpoint(one).size)
    signed = read_checkpoint(note)
    if signed.size > head.size:
        yield f"{signed.size} entries were signed, but the log holds {head.size}: it was rolled back"
        return
    try:
        if not continues(session, signed, head):
            yield f"the log does not continue the checkpoint {signed.short} signed last: it was rewritten"
    except GraceError as error:
        yield f"the log contradicts itself: {error}"
    if signer is not None and not signed_by(note, signer.key) and not _closes_epoch(session, signed.size, signer):
        yield f"the checkpoint {signed.short} is not signed with the key in force"


def _closes_epoch(session: Session, size: int, signer: Signer) -> bool:
    """Return whether a checkpoint of that size is the last of the key before this one."""
    return size > 0 and session.execute(_ENTRY, (size - 1,)).fetchone() == (ROTATE, str(signer.key))


def _is_of(note: str, origin: str) -> bool:
    try:
        return read_checkpoint(note).origin == origin
    except NoteError:
        return False
