"""The sealer: moves entries from the inbox into the log, then signs what is committed and passes it to the anchors.

Any number may run. Every pass first proves that the log still continues what was last signed here; if it does not, the
sealer refuses, logs that, and signs nothing.
"""

import threading
import time
from collections.abc import Sequence

import psycopg
import structlog

from grace_workers.adapters.postgres.audit.passes import (
    RHYTHM,
    NothingToDo,
    NotTheSealer,
    Pass,
    Rhythm,
    Sealed,
    SealRefusedError,
)
from grace_workers.adapters.postgres.audit.sealing import Sealing
from grace_workers.adapters.postgres.audit.store import PostgresAuditAppender
from grace_workers.adapters.postgres.engine import engine_for
from grace_workers.audit import ROTATE, Entry, endorsement
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.errors import GraceError
from grace_workers.foundation.standby import looks_every
from grace_workers.orchestration.audit_archive import Anchor, SealingKeys

log = structlog.get_logger()

_PAUSE = 1.0
# A standby looks at the full rate for this long after two seals in a row with no other sealer in between.
_HURRIES_FOR = 60.0


class Sealer:
    """Seals one database's log. `alarm` holds the refusal while there is one.

    With an `organisation`, a log that no one owns yet gets its first key here.
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
        self._clock = clock if clock is not None else SystemClock()
        self._rhythm = rhythm
        self._seal_every = rhythm.seal_every
        self._sealing = Sealing(url, keys, anchors, self._clock, batch=rhythm.batch, organisation=organisation)
        self._told = ""
        self._proven_at = float("-inf")
        self._unsigned = False
        self._rests = False

    @property
    def batch_limit(self) -> int:
        """How many entries one pass seals at most now; fewer than configured after one that took too long."""
        return self._sealing.batch.limit

    def seal_once(self, *, sign: bool = True) -> Pass:
        """Seal what waits, up to one batch; with `sign`, also sign and anchor what is committed.

        Raises:
            SealRefusedError: the log does not continue what was signed last.
            InputError: the signing key is readable by other users.
            psycopg.Error: the database failed; calling again continues where it stopped.
        """
        return self._sealing.seal_once(sign=sign)

    def run(self, stop: threading.Event) -> None:
        """Seal until `stop` is set, every `seal_every`; then seal and sign once more.

        While nothing waits, the log is compared with what was last signed as often as it would be signed. A
        refusal or a lost database is logged and retried every second, and a refusal is kept in `alarm`; a
        missing key is treated alike. Every process that runs this logs an error for entries that wait too long.
        """
        while not stop.is_set():
            pause = self._guarded()
            if self._rests and self._rhythm.news is not None:
                self._rhythm.news.wait()
            else:
                stop.wait(pause)
        self._guarded(last=True)
        self.close()

    def rotate(self, actor: str) -> str:
        """Ask for the next signing key; the next pass closes the current epoch. Returns the new public key."""
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
        """Disconnect; the next pass connects again."""
        self._sealing.close()

    def _guarded(self, *, last: bool = False) -> float:
        """Make one pass and return how long to wait before the next."""
        pause = self._attempt(last=last)
        try:
            self._sealing.look_for_overdue()
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
            done = self.seal_once(sign=last or self._must_sign)
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
        return self._after(done)

    def _after(self, done: Pass) -> float:
        """Record the result of a pass, and return how long to wait before the next."""
        if isinstance(done, NotTheSealer) and done.why:
            if done.why != self._told:
                log.warning("audit_not_sealed_here", why=done.why)
            self._told = done.why
            return _PAUSE
        self._unsigned = isinstance(done, Sealed) and done.checkpoint is None
        self._rests = isinstance(done, NothingToDo) and self._may_rest
        if isinstance(done, Sealed):
            self._seal_every = self._rhythm.levers.milliseconds("seal_every", self._rhythm.seal_every)
        full = isinstance(done, Sealed) and done.count >= self.batch_limit
        return 0.0 if full else self._pause

    def _is_due(self) -> bool:
        """Whether an entry waits to be sealed or signed, or the log must be proven again."""
        proves = time.monotonic() - self._proven_at >= self._rhythm.prove_every.total_seconds()
        return proves or (self._unsigned and self._must_sign) or self._sealing.is_waited_for()

    @property
    def _must_sign(self) -> bool:
        return time.monotonic() - self._sealing.signed_at >= self._rhythm.sign_every.total_seconds()

    @property
    def _hurries(self) -> bool:
        return time.monotonic() < self._sealing.resumed + _HURRIES_FOR

    @property
    def _may_rest(self) -> bool:
        return not (self._unsigned or self._hurries)

    @property
    def _pause(self) -> float:
        return looks_every(self._seal_every, lambda: self._hurries or self._rhythm.leads())
