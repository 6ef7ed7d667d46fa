"""What the sealer proves before each pass, and signs after it: the log continues what was last signed here."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from grace_workers.adapters.postgres.audit.head import continues, ends_epoch, take_head
from grace_workers.adapters.postgres.audit.passes import SealRefusedError
from grace_workers.adapters.postgres.audit.session import Session, frontier_of
from grace_workers.audit import EMPTY_ROOT, Checkpoint, Head, endorsed, read_checkpoint
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import IntegrityError
from grace_workers.orchestration.audit_archive import Anchor, SealingKeys

Transactions = Callable[[], AbstractContextManager[Session]]


class Signing:
    """Signs one database's log with `keys`, and passes what it signed to `anchors`.

    `recovered` tells whether the anchors have been compared since this process began, or since the key changed.
    """

    def __init__(self, keys: SealingKeys, anchors: Sequence[Anchor], clock: Clock, transaction: Transactions) -> None:
        """`transaction` begins a transaction of the sealer's session."""
        self.recovered = False
        self.anchored_at: datetime | None = None
        self._keys = keys
        self._anchors = tuple(anchors)
        self._clock = clock
        self._transaction = transaction

    def begins(self, origin: str) -> None:
        """Record before the first entry that this log began empty, in case we die before the first checkpoint."""
        if self._keys.last() is None:
            self._keys.remember(self._keys.signer().note(Checkpoint(origin, 0, EMPTY_ROOT).text))

    def endorses(self, subject: str, outcome: str) -> bool:
        """Return whether the current key has endorsed the key that `subject` names."""
        return endorsed(self._keys.signer().key, subject, outcome) is not None

    def look_at_anchors(self, origin: str) -> None:
        """Record when the log was last anchored, because others may have sealed since."""
        times = [anchor.newest_at(origin) for anchor in self._anchors]
        self.anchored_at = max((at for at in times if at is not None), default=None)

    def guard(self, session: Session, head: Head, origin: str) -> int:
        """Return the size last signed, after proving that the log continues it. Raises SealRefusedError."""
        signed = self._newest_signed(origin)
        if signed is None:
            if head.size:
                raise SealRefusedError(
                    f"the log holds {head.size} entries, but nothing here records what was signed last"
                )
            return 0
        if signed.origin != origin:
            raise SealRefusedError(f"the last checkpoint signed here belongs to {signed.origin}, not to {origin}")
        if signed.size > head.size:
            raise SealRefusedError(
                f"{signed.size} entries were signed, but the log holds {head.size}: it was rolled back"
            )
        try:
            goes_on = continues(session, signed, head)
        except IntegrityError as error:
            raise SealRefusedError(f"the log contradicts itself: {error}") from error
        if not goes_on:
            raise SealRefusedError(
                f"the log does not continue the checkpoint {signed.short} signed last: it was rewritten"
            )
        return signed.size

    def sign(self, origin: str) -> tuple[bool, Checkpoint | None]:
        """Sign the committed head, store the note here, then in the log, then anchor it, so that a crash loses nothing.

        Return whether there is a signature over it, and the checkpoint when it is a new one.
        """
        with self._transaction() as session:
            head = take_head(session)
            if head is None:
                return False, None
            signed = self.guard(session, head, origin)
            note = self._keys.last()
            fresh = head.size > signed
            if fresh:
                checkpoint = Checkpoint(origin, head.size, frontier_of(head).root())
                note = self._keys.signer().note(checkpoint.text)
                self._keys.remember(note)
            if note is None or not head.size or (self.recovered and not fresh):
                return False, None
            self.recovered = False
            self._store(session, note)
        self._anchor(note)
        self._finish_rotation(read_checkpoint(note))
        self.recovered = True
        return True, read_checkpoint(note) if fresh else None

    def _store(self, session: Session, note: str) -> None:
        key_id = self._keys.signer().key.id.hex()
        session.execute(
            "INSERT INTO audit_checkpoint (size, note, key_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (read_checkpoint(note).size, note, key_id),
        )

    def _anchor(self, note: str) -> None:
        checkpoint = read_checkpoint(note)
        for anchor in self._anchors:
            newest = anchor.newest(checkpoint.origin)
            if newest is not None and read_checkpoint(newest).size >= checkpoint.size:
                continue
            at = self._clock.now()
            receipt = anchor.publish(note, at)
            self.anchored_at = at if self.anchored_at is None else max(at, self.anchored_at)
            with self._transaction() as session:
                session.execute(
                    "INSERT INTO audit_anchor (size, place, receipt) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    (checkpoint.size, anchor.place, receipt),
                )

    def _finish_rotation(self, checkpoint: Checkpoint) -> None:
        following = self._keys.following()
        if following is None:
            return
        with self._transaction() as session:
            closed = ends_epoch(session, checkpoint.size, following)
        if closed:
            self._keys.promote()

    def _newest_signed(self, origin: str) -> Checkpoint | None:
        notes = [self._keys.last()]
        if not self.recovered or notes[0] is None:
            notes += [anchor.newest(origin) for anchor in self._anchors]
        found = [read_checkpoint(note) for note in notes if note is not None]
        return max(found, key=lambda checkpoint: checkpoint.size, default=None)
