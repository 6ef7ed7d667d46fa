"""Leadership: one lease row, renewed four times a second, with an epoch that fences a leader that was suspended."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection, Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import one, run
from grace_workers.fleet import LEADER, LEASE_TTL, POLL_EVERY, RENEW_EVERY, Lease, may_act
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import FencedError

# Only the current holder renews. Anyone may take an expired lease, except an instance that was just asked to give it
# up. A quarantined or draining instance lets the others go first. A server that started within one TTL gives the holder
# that time first, because no one could renew while it was down.
_HOLD = """
INSERT INTO leases AS l (name, holder, epoch, expires_at)
VALUES (%(name)s, %(holder)s, 1, clock_timestamp() + %(ttl)s::interval)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
    epoch = CASE WHEN l.holder = excluded.holder AND l.epoch = %(epoch)s THEN l.epoch ELSE l.epoch + 1 END
WHERE (l.holder = excluded.holder AND l.epoch = %(epoch)s) OR (
    (l.holder IS NULL
        OR (l.expires_at < clock_timestamp() AND pg_postmaster_start_time() < clock_timestamp() - %(ttl)s::interval))
    AND (l.barred IS DISTINCT FROM excluded.holder OR l.barred_until < clock_timestamp())
    AND (l.expires_at < clock_timestamp() - %(last)s::interval OR NOT EXISTS (
        SELECT FROM instances i WHERE i.name = %(instance)s AND i.health NOT IN ('healthy', 'degraded')
            AND i.died_at IS NULL AND i.left_at IS NULL)))
RETURNING epoch
"""

# Those that do not hold the lease ask this first, because locking the row for the statement above causes a write to
# disk.
_FREE = """
SELECT holder IS NULL OR expires_at < clock_timestamp() FROM leases WHERE name = %(name)s
"""

_RELEASE = """
UPDATE leases SET holder = NULL, expires_at = clock_timestamp()
WHERE name = %(name)s AND holder = %(holder)s AND epoch = %(epoch)s
"""

# With the lock, the next holder waits for what the current one does under it. The server ends a holder that freezes
# meanwhile before the lease would have expired, so its successor loses no time.
_ACT_WITHIN = "SET LOCAL idle_in_transaction_session_timeout = '700ms'"
_MINE = """
SELECT 1 FROM leases WHERE name = %(name)s AND holder = %(holder)s AND epoch = %(epoch)s
    AND expires_at > clock_timestamp()
FOR SHARE
"""


# How long a lease must be free before an instance that is not healthy takes it.
LAST_RESORT = timedelta(seconds=3)


class LeaderLease:
    """This instance's part in the leadership: `hold_loop` runs in its own thread, `is_leading` may be called anywhere.

    `holder` must be unique to the process: the instance's name, a colon, the process. The lease expires by itself
    when the loop stops renewing.
    """

    def __init__(self, engine: Engine, holder: InstanceName, *, name: str = LEADER, ttl: timedelta = LEASE_TTL) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._holder = holder
        self._name = name
        self._ttl = ttl
        self._lease: Lease | None = None

    def is_leading(self) -> bool:
        """Return whether this instance may act as leader right now."""
        return may_act(self._lease, time.monotonic(), ttl=self._ttl)

    @property
    def lease(self) -> Lease:
        """The lease, while leading.

        Raises:
            FencedError: this instance does not lead.
        """
        lease = self._lease
        if lease is None or not may_act(lease, time.monotonic(), ttl=self._ttl):
            raise FencedError(f"{self._holder} does not hold the lease {self._name!r}")
        return lease

    def confirm(self, connection: Connection) -> None:
        """Check that this instance leads, and let it lead until the transaction ends. Raises FencedError."""
        confirm(connection, self.lease)

    def hold_once(self) -> bool:
        """Take or renew the lease once and return whether this instance leads.

        Raises:
            TransientError: the database is unreachable; leading ends by itself if that lasts.
        """
        asked = time.monotonic()
        held = self._lease.epoch if self._lease is not None else 0
        values: dict[str, object] = {"name": self._name, "holder": self._holder, "epoch": held, "ttl": self._ttl}
        values |= {"last": LAST_RESORT, "instance": self._holder.rpartition(":")[0] or self._holder}
        with translated(), self._engine.connect() as connection:
            row = one(connection, _HOLD, values) if held or _is_free(connection, self._name) else None
        self._lease = None
        if row is not None:
            self._lease = Lease(name=self._name, holder=self._holder, epoch=row[0], renewed=asked)
        return self.is_leading()

    def release(self) -> None:
        """Give the lease up, so that a standby takes over at once. Does nothing when it is not held."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        values = {"name": self._name, "holder": self._holder, "epoch": lease.epoch}
        with translated(), self._engine.connect() as connection:
            run(connection, _RELEASE, values)

    def hold_loop(self, stop: threading.Event, on_change: Callable[[bool], None] | None = None) -> None:
        """Hold or seek the lease until `stop` is set, then release it. `on_change` is called at every gain and loss.

        `on_change` runs in this loop, so it must return at once.
        """
        led = False
        while not stop.is_set():
            leads = self._try_once()
            if leads != led and on_change is not None:
                on_change(leads)
            led = leads
            stop.wait((RENEW_EVERY if leads else POLL_EVERY).total_seconds())
        if led and on_change is not None:
            on_change(False)
        try:
            self.release()
        except TransientError:
            # The lease expires by itself within its TTL.
            return

    def _try_once(self) -> bool:
        try:
            return self.hold_once()
        except TransientError:
            return self.is_leading()


def _is_free(connection: Connection, name: str) -> bool:
    row = one(connection, _FREE, {"name": name})
    return row is None or bool(row[0])


def confirm(connection: Connection, lease: Lease) -> None:
    """Check by the database's own record and clock that the lease is in force; no one else gets it before the commit.

    Raises:
        FencedError: it is not.
    """
    run(connection, _ACT_WITHIN, {})
    if one(connection, _MINE, {"name": lease.name, "holder": lease.holder, "epoch": lease.epoch}) is None:
        raise FencedError(f"{lease.holder} has lost the lease {lease.name!r}")


def is_held(engine: Engine, name: str) -> bool:
    """Return whether any process holds the lease of that name now. Raises TransientError without a database."""
    statement = "SELECT 1 FROM leases WHERE name = %(name)s AND holder IS NOT NULL AND expires_at > clock_timestamp()"
    with translated(), engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        return one(connection, statement, {"name": name}) is not None
