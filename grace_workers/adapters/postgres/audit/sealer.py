"""The sealer: moves entries from the inbox into the log, then signs what is committed and hands it to the anchors.

Any number may run; the lock on `audit_head` lets one through at a time. Every pass first proves that the log still
continues what was signed here last; when it does not, the sealer refuses and says so, and signs nothing.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime

import psycopg
import structlog

from grace_workers.adapters.postgres.audit.admitting import judge, settle
from grace_workers.adapters.postgres.audit.batch import InboxBatch, read, remove, seal, waits
from grace_workers.adapters.postgres.audit.head import continues, ends_epoch, knows_streams, require_head, take_head
from grace_workers.adapters.postgres.audit.passes import (
    RHYTHM,
    NothingToDo,
    NotTheSealer,
    Pass,
    Rhythm,
    Sealed,
    SealRefusedError,
)
from grace_workers.adapters.postgres.audit.session import (
    SEALER,
    Session,
    connect,
    frontier_of,
    role_clause,
)
from grace_workers.adapters.postgres.audit.standing import Elsewhere, OverdueWatch, own_log
from grace_workers.adapters.postgres.audit.store import PostgresAuditAppender
from grace_workers.adapters.postgres.engine import engine_for
from grace_workers.audit import (
    EMPTY_ROOT,
    ROTATE,
    Checkpoint,
    Entry,
    Head,
    Signer,
    Window,
    endorsed,
    endorsement,
    read_checkpoint,
)
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.errors import GraceError, IntegrityError
from grace_workers.foundation.standby import looks_every
from grace_workers.orchestration.audit_archive import Anchor, SealingKeys

log = structlog.get_logger()

_PAUSE = 1.0
# Who stands in looks at the full rate for so long when between two seals of its own nobody else sealed.
_HURRIES_FOR = 60.0
_LIMITS = """
SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '3s';
SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off;
"""


class Sealer:
    """Seals one database's log. `alarm` holds the refusal while there is one.

    With an `organisation`, a log that nobody owns yet gets its first key here.
    """

    def __init__(
        self,
        url: str,
        keys: SealingKeys,
        anchors: Sequence[Anchor],
        *,
        rhythm: Rhythm = RHYTHM,
        organisation: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.alarm: SealRefusedError | None = None
        self._url = url
        self._keys = keys
        self._anchors = tuple(anchors)
        self._batch = InboxBatch(rhythm.batch)
        self._seal_every = rhythm.seal_every
        self._leads = rhythm.leads
        self._organisation = organisation
        self._sign_every = rhythm.sign_every.total_seconds()
        self._prove_every = rhythm.prove_every.total_seconds()
        self._news = rhythm.news
        self._clock = clock if clock is not None else SystemClock()
        self._session: Session | None = None
        self._take_role = ""
        self._origin = ""
        self._overdue = OverdueWatch()
        self._told = ""
        self._signed_at = self._proven_at = float("-inf")
        self._unsigned = False
        self._rests = False
        self._hurries_until = float("-inf")
        self._sealed_to = -1
        self._recovered = False
        self._anchored_at: datetime | None = None

    def seal_once(self, *, sign: bool = True) -> Pass:
        """Seal what waits, up to one batch; with `sign`, also sign and anchor what is committed.

        Raises:
            SealRefusedError: the log does not continue what was signed last.
            InputError: the signing key is readable by other users.
            psycopg.Error: the database failed; calling again continues where it stopped.
        """
        session = self._open()
        if not self._origin:
            with session.transaction():
                self._begin(session)
                require_head(session)
                standing = own_log(session, self._keys, self._organisation)
            if isinstance(standing, Elsewhere):
                return NotTheSealer(standing.why)
            self._origin = standing
        origin = self._origin
        sealed = self._seal(session, origin)
        if isinstance(sealed, NotTheSealer):
            return sealed
        checkpoint = self._sign(session, origin) if sign or self._keys.following() is not None else None
        if sealed == 0 and checkpoint is None:
            return NothingToDo()
        return Sealed(sealed, checkpoint)

    def run(self, stop: threading.Event) -> None:
        """Seal until `stop` is set, every `seal_every`; then seal and sign once more.

        While nothing waits, the log is held against what was signed last at the rhythm of signing.
        A refusal or a lost database is logged, kept in `alarm` when a refusal, and tried again every second; so is the
        lack of the log's key. Entries that wait too long are logged as an error, by every process that runs this.
        """
        while not stop.is_set():
            pause = self._guarded()
            if self._rests and self._news is not None:
                self._news.wait()
            else:
                stop.wait(pause)
        self._guarded(last=True)
        self.close()

    def rotate(self, actor: str) -> str:
        """Ask for the next signing key; the coming pass closes the present epoch. Returns the new public key."""
        following = self._keys.prepare()
        present = self._keys.signer()
        entry = Entry(
            at=self._clock.now(),
            actor=actor,
            action=ROTATE,
            subject=str(following.key),
            outcome=endorsement(present, following.key),
        )
        engine = engine_for(self._url)
        with engine.begin() as connection:
            PostgresAuditAppender(connection).append(entry)
        engine.dispose()
        return str(following.key)

    def close(self) -> None:
        """Leave the database; the next pass connects anew."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _guarded(self, *, last: bool = False) -> float:
        """Make one pass and return how long to wait before the next."""
        pause = self._attempt(last=last)
        try:
            if self._overdue.due():
                session = self._open()
                with session.transaction():
                    self._begin(session)
                    self._overdue.look(session)
        except (psycopg.Error, GraceError) as error:
            log.warning("audit_watch_failed", error=type(error).__name__)
            self.close()
        return pause

    def _attempt(self, *, last: bool) -> float:
        self._rests = False
        try:
            if not (last or self._is_due()):
                self._rests = self._may_rest
                return self._pause
            self._proven_at = time.monotonic()
            sign = last or self._proven_at - self._signed_at >= self._sign_every
            done = self.seal_once(sign=sign)
        except SealRefusedError as refusal:
            if self.alarm is None:
                log.critical("audit_seal_refused", why=str(refusal))
            self.alarm = refusal
            return _PAUSE
        except (psycopg.Error, GraceError, OSError) as error:
            why = str(error) if isinstance(error, GraceError) else ""
            log.warning("audit_seal_failed", error=type(error).__name__, why=why)
            self.close()
            return _PAUSE
        self.alarm = None
        if isinstance(done, NotTheSealer) and done.why:
            if done.why != self._told:
                log.warning("audit_not_sealed_here", why=done.why)
            self._told = done.why
            return _PAUSE
        self._unsigned = isinstance(done, Sealed) and done.checkpoint is None
        self._rests = isinstance(done, NothingToDo) and self._may_rest
        full = isinstance(done, Sealed) and done.count >= self._batch.size
        return 0.0 if full else self._pause

    def _is_due(self) -> bool:
        """Whether an entry waits for its seal or its signature, or the log must be proven again."""
        now = time.monotonic()
        if now - self._proven_at >= self._prove_every or (self._unsigned and now - self._signed_at >= self._sign_every):
            return True
        session = self._open()
        return waits(session, self._batch, f"{self._take_role} {_LIMITS}")

    @property
    def _may_rest(self) -> bool:
        return not self._unsigned and time.monotonic() >= self._hurries_until

    @property
    def _pause(self) -> float:
        hurries = time.monotonic() < self._hurries_until
        return looks_every(self._seal_every, lambda: hurries or self._leads())

    def _open(self) -> Session:
        if self._session is None or self._session.closed:
            self._session = connect(self._url)
            self._take_role = role_clause(self._session, SEALER)
            self._origin = ""
            self._batch.sweep()
        return self._session

    def _begin(self, session: Session) -> None:
        session.execute(f"{self._take_role} {_LIMITS}")

    def _seal(self, session: Session, origin: str) -> int | NotTheSealer:
        with session.transaction():
            self._begin(session)
            head = take_head(session)
            if head is None:
                return NotTheSealer()
            signed = self._guard(session, head, origin)
            if not head.size and self._keys.last() is None:
                # From here on it is known that this log began empty, even if we die before the first checkpoint.
                self._keys.remember(self._keys.signer().note(Checkpoint(origin, 0, EMPTY_ROOT).text))
            following = self._keys.following()
            if following is not None and (head.size > signed or ends_epoch(session, head.size, following)):
                self._recovered = False
                return 0
            # What we sealed last, with nobody after us, has its streams noted.
            if head.size == self._sealed_to or knows_streams(session, head.size):
                taken, waiting = self._admit(session, head, origin, following)
            else:
                return 0
        self._batch.done(taken)
        if waiting:
            self._batch.sweep()
        if taken:
            if head.size == self._sealed_to:
                self._hurries_until = time.monotonic() + _HURRIES_FOR
            self._sealed_to = head.size + len(taken)
        return len(taken)

    def _admit(self, session: Session, head: Head, origin: str, following: Signer | None) -> tuple[Sequence[int], bool]:
        """Seal what may be sealed and set aside what must not; return the ids taken, and whether some must wait."""
        arrivals = read(session, self._batch)
        if not arrivals.rows:
            return [], False
        if head.size != self._sealed_to:
            self._anchored_at = self._newest_anchor(origin)
        now = self._clock.now()
        judged = judge(
            session,
            arrivals.rows,
            Window.around(self._anchored_at, now),
            whole=arrivals.whole,
            endorses=self._endorses,
            following=None if following is None else str(following.key),
        )
        ids = [one.arrival.inbox_id for one in judged]
        if ids:
            rows = settle(session, judged, head.size, now)
            remove(session, ids)
            seal(session, head, origin, rows)
        return ids, len(ids) < len(arrivals.rows)

    def _endorses(self, subject: str, outcome: str) -> bool:
        return endorsed(self._keys.signer().key, subject, outcome) is not None

    def _newest_anchor(self, origin: str) -> datetime | None:
        times = [anchor.newest_at(origin) for anchor in self._anchors]
        return max((at for at in times if at is not None), default=None)

    def _sign(self, session: Session, origin: str) -> Checkpoint | None:
        """Sign the committed head, keep it here, store it, anchor it; in this order, so a crash loses nothing."""
        with session.transaction():
            self._begin(session)
            head = take_head(session)
            if head is None:
                return None
            signed = self._guard(session, head, origin)
            note = self._keys.last()
            fresh = head.size > signed
            if fresh:
                checkpoint = Checkpoint(origin, head.size, frontier_of(head).root())
                note = self._keys.signer().note(checkpoint.text)
                self._keys.remember(note)
            if note is None or not head.size or (self._recovered and not fresh):
                return None
            self._recovered = False
            self._store(session, note)
        self._signed_at = time.monotonic()
        self._anchor(session, note)
        self._finish_rotation(session, read_checkpoint(note))
        self._recovered = True
        return read_checkpoint(note) if fresh else None

    def _store(self, session: Session, note: str) -> None:
        key_id = self._keys.signer().key.id.hex()
        session.execute(
            "INSERT INTO audit_checkpoint (size, note, key_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (read_checkpoint(note).size, note, key_id),
        )

    def _anchor(self, session: Session, note: str) -> None:
        checkpoint = read_checkpoint(note)
        for anchor in self._anchors:
            newest = anchor.newest(checkpoint.origin)
            if newest is not None and read_checkpoint(newest).size >= checkpoint.size:
                continue
            at = self._clock.now()
            receipt = anchor.publish(note, at)
            self._anchored_at = at if self._anchored_at is None else max(at, self._anchored_at)
            with session.transaction():
                self._begin(session)
                session.execute(
                    "INSERT INTO audit_anchor (size, place, receipt) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    (checkpoint.size, anchor.place, receipt),
                )

    def _finish_rotation(self, session: Session, checkpoint: Checkpoint) -> None:
        following = self._keys.following()
        if following is None:
            return
        with session.transaction():
            self._begin(session)
            closed = ends_epoch(session, checkpoint.size, following)
        if closed:
            self._keys.promote()

    def _guard(self, session: Session, head: Head, origin: str) -> int:
        """Return the size signed last, after proving that the log continues it."""
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

    def _newest_signed(self, origin: str) -> Checkpoint | None:
        notes = [self._keys.last()]
        if not self._recovered or notes[0] is None:
            notes += [anchor.newest(origin) for anchor in self._anchors]
        found = [read_checkpoint(note) for note in notes if note is not None]
        return max(found, key=lambda checkpoint: checkpoint.size, default=None)
