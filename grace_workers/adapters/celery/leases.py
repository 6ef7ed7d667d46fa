"""Keeping leases alive: one thread per worker process, on its own connection.

It must not run in the consumer's event loop, whose timers stop while the connection is lost.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from grace_workers.adapters.celery import lanes, scripts

log = logging.getLogger(__name__)


class LeaseKeeper:
    """Renews the leases of what this process holds, until the process ends."""

    def __init__(self, broker_url: str, owner: str, *, every: timedelta, held: Callable[[], Sequence[str]]) -> None:
        """`held` returns the delivery tags to renew; it is called from the keeper's thread."""
        self._every = every.total_seconds()
        self._owner = owner
        self._held = held
        self._stopped = threading.Event()
        self._reachable = True
        self._client = redis.Redis.from_url(
            broker_url,
            socket_timeout=1,
            socket_connect_timeout=1,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),  # the next turn is the retry
        )
        self._renew = self._client.register_script(scripts.RENEW)
        self._thread = threading.Thread(target=self._run, name="grace-leases", daemon=True)

    def start(self) -> None:
        """Start; a second call does nothing."""
        if not self._thread.is_alive() and not self._stopped.is_set():
            self._thread.start()

    def stop(self) -> None:
        """End the thread and close its connection."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._client.close()

    def renew(self) -> Sequence[str]:
        """Renew once; return the tags whose lease now belongs to another process. Raises RedisError."""
        tags = self._held()
        if not tags:
            return []
        lost = self._renew(keys=[lanes.LEASED_KEY, lanes.LEASES_KEY], args=[self._owner, *tags])
        return [tag.decode() for tag in cast("list[bytes]", lost)]

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self.renew()
            except (RedisError, OSError) as error:
                self._note(reachable=False, why=type(error).__name__)
            except Exception:
                # Without renewals every running job would go to others, so the loop must survive every error.
                log.exception("lease_renewal_broke")
            else:
                self._note(reachable=True)

    def _note(self, *, reachable: bool, why: str = "") -> None:
        if reachable is self._reachable:
            return
        self._reachable = reachable
        if reachable:
            log.info("lease_renewal_resumed")
        else:
            log.warning("lease_renewal_interrupted error=%s", why)
