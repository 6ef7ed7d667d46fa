"""One pass of the sealer: entries move from the inbox into the log, and what is committed is signed.

The lock on `audit_head` admits one pass at a time, of however many processes.
"""

import time
from collections.abc import Sequence

import psycopg
import structlog

from grace_workers.adapters.postgres.audit.admitting import judge, settle
from grace_workers.adapters.postgres.audit.batch import InboxBatch, read, remove, seal, waits
from grace_workers.adapters.postgres.audit.head import ends_epoch, knows_streams, require_head, take_head
from grace_workers.adapters.postgres.audit.passes import NothingToDo, NotTheSealer, Pass, Sealed
from grace_workers.adapters.postgres.audit.session import SealerSession, Session
from grace_workers.adapters.postgres.audit.signing import Signing
from grace_workers.adapters.postgres.audit.standing import Elsewhere, OverdueWatch, own_log
from grace_workers.audit import Head, Signer, Window
from grace_workers.foundation.clock import Clock
from grace_workers.orchestration.audit_archive import Anchor, SealingKeys

log = structlog.get_logger()


class Sealing:
    """Seals one database's log, `batch` entries at most in one pass.

    `resumed` is in monotonic seconds: when one of our seals last followed another of ours, which means that no one
    else seals. `signed_at` is when something was last signed.
    """

    def __init__(
        self,
        url: str,
        keys: SealingKeys,
        anchors: Sequence[Anchor],
        clock: Clock,
        *,
        batch: int,
        organisation: str | None,
    ) -> None:
        self.batch = InboxBatch(batch)
        self.resumed = self.signed_at = float("-inf")
        self._session = SealerSession(url)
        self._signing = Signing(keys, anchors, clock, self._session.transaction)
        self._keys = keys
        self._clock = clock
        self._organisation = organisation
        self._overdue = OverdueWatch()
        self._origin = ""
        self._sealed_to = -1

    def seal_once(self, *, sign: bool) -> Pass:
        """Seal what waits, up to one batch; with `sign`, also sign and anchor what is committed. Raises as `Sealer`."""
        self._open()
        if not self._origin:
            with self._session.transaction() as session:
                require_head(session)
                found = own_log(session, self._keys, self._organisation)
            if isinstance(found, Elsewhere):
                return NotTheSealer(found.why)
            self._origin = found
        sealed = self._seal(self._origin)
        if isinstance(sealed, NotTheSealer):
            return sealed
        checkpoint = None
        if sign or self._keys.following() is not None:
            signed, checkpoint = self._signing.sign(self._origin)
            self.signed_at = time.monotonic() if signed else self.signed_at
        return NothingToDo() if sealed == 0 and checkpoint is None else Sealed(sealed, checkpoint)

    def is_waited_for(self) -> bool:
        """Return, after one round trip, whether an entry waits to be sealed."""
        return waits(self._open(), self.batch, self._session.begin)

    def look_for_overdue(self) -> None:
        """Every few seconds, log an error if an entry waits too long."""
        if self._overdue.due():
            self._open()
            with self._session.transaction() as session:
                self._overdue.look(session)

    def close(self) -> None:
        """Disconnect; the next pass connects again."""
        self._session.close()

    def _open(self) -> Session:
        if not self._session.is_open:
            self._session.open()
            self._origin = ""
            self.batch.sweep()
        return self._session.current

    def _seal(self, origin: str) -> int | NotTheSealer:
        try:
            with self._session.transaction() as session:
                head = take_head(session)
                if head is None:
                    return NotTheSealer()
                found = self._sealed(session, head, origin)
        except psycopg.errors.IdleInTransactionSessionTimeout:
            # The server took us for dead while we were computing, and the same work again would end the same way.
            self.batch.shrink()
            log.warning("audit_batch_halved", entries=self.batch.limit)
            raise
        if found is None:
            return 0
        taken, waiting = found
        self.batch.done(taken)
        if waiting:
            self.batch.sweep()
        if taken:
            self.resumed = time.monotonic() if head.size == self._sealed_to else self.resumed
            self._sealed_to = head.size + len(taken)
        return len(taken)

    def _sealed(self, session: Session, head: Head, origin: str) -> tuple[Sequence[int], bool] | None:
        """Seal a batch after `head`; return the ids taken and whether some must wait, None when it is not time yet."""
        signed = self._signing.guard(session, head, origin)
        if not head.size:
            self._signing.begins(origin)
        following = self._keys.following()
        if following is not None and (head.size > signed or ends_epoch(session, head.size, following)):
            self._signing.recovered = False
            return None
        # If we sealed last, with no one after us, the streams are already recorded.
        if head.size == self._sealed_to or knows_streams(session, head.size):
            return self._admit(session, head, origin, following)
        return None

    def _admit(self, session: Session, head: Head, origin: str, following: Signer | None) -> tuple[Sequence[int], bool]:
        """Seal what may be sealed and set aside what must not; return the ids taken, and whether some must wait."""
        arrivals = read(session, self.batch)
        if not arrivals.rows:
            return [], False
        if head.size != self._sealed_to:
            self._signing.look_at_anchors(origin)
        now = self._clock.now()
        judged = judge(
            session,
            arrivals.rows,
            Window.around(self._signing.anchored_at, now),
            whole=arrivals.whole,
            endorses=self._signing.endorses,
            following=None if following is None else str(following.key),
        )
        ids = [one.arrival.inbox_id for one in judged]
        if ids:
            rows = settle(session, judged, head.size, now)
            remove(session, ids)
            seal(session, head, origin, rows)
        return ids, len(ids) < len(arrivals.rows)
