"""Canaries at intervals: whether a pool that says it is at work still carries a job. Nothing here waits for one."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex

from grace_workers.fleet import CanaryFacts
from grace_workers.foundation.errors import NotFoundError, TransientError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import JobState, Pool
from grace_workers.orchestration.stores import Ledger, Transaction
from grace_workers.orchestration.work.canary import canary_request, landed, send

EVERY_SECONDS = 20.0
# A pool without a job harms no one while it carries none, and a canary wakes whatever rests in it.
RESTING_EVERY_SECONDS = 300.0
# How soon a job that comes to a resting pool is followed by a canary.
WORK_LOOK_SECONDS = 10.0
# A slow machine is no broken pool.
OVERDUE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class _Flying:
    job: JobId
    nonce: str
    since: float


class CanaryPatrol:
    """One canary at a time in each pool of this node, and seldom in one that has nothing to do."""

    def __init__(
        self, ledger: Ledger, instance: InstanceName, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._ledger = ledger
        self._instance = instance
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._flying: dict[Pool, _Flying] = {}
        self._sent: dict[Pool, float] = {}
        self._due: dict[Pool, float] = {}

    def look(self, pool: str) -> CanaryFacts | None:
        """Return what is wrong with the pool's canary, or None while nothing is known to be.

        One that is overdue stays out: it comes back through the worker that follows on the broken one.
        """
        with self._lock:
            try:
                return self._look(Pool(pool), self._monotonic())
            except TransientError:
                # The database is away, of which other self-tests tell.
                return None

    def _look(self, pool: Pool, now: float) -> CanaryFacts | None:
        flying = self._flying.get(pool)
        if flying is None:
            if now >= self._due.get(pool, float("-inf")):
                self._send(pool, now)
            return None
        with self._ledger.transaction() as tx:
            try:
                flight = landed(tx.jobs.get(flying.job))
            except NotFoundError:
                del self._flying[pool]
                return None
            overdue = now - flying.since > OVERDUE_SECONDS and not self._is_at_work(tx, pool)
        if flight.job.state.ended:
            del self._flying[pool]
            strange = flight.nonce is not None and (flight.nonce, flight.instance) != (flying.nonce, self._instance)
        else:
            strange = overdue
        facts = CanaryFacts(state=flight.job.state.value, nonce=flight.nonce, instance=flight.instance)
        return facts if strange else None

    def _send(self, pool: Pool, now: float) -> None:
        """Send one, or put it off when the pool has nothing to do and one came back not long ago."""
        rested = now - self._sent.get(pool, float("-inf"))
        if rested < RESTING_EVERY_SECONDS and not self._has_work(pool):
            self._due[pool] = min(now + WORK_LOOK_SECONDS, self._sent[pool] + RESTING_EVERY_SECONDS)
            return
        nonce = token_hex(8)
        self._sent[pool], self._due[pool] = now, now + EVERY_SECONDS
        job = send(self._ledger, canary_request(pool, self._instance, nonce))
        self._flying[pool] = _Flying(job, nonce, now)

    def _has_work(self, pool: Pool) -> bool:
        with self._ledger.transaction() as tx:
            return any(one.pool is pool and one.state is not JobState.DEAD for one in tx.jobs.counts())

    def _is_at_work(self, tx: Transaction, pool: Pool) -> bool:
        """Return whether jobs run here: a canary may wait for a place, and a pool that runs jobs carries them."""
        running = tx.jobs.find(state=JobState.RUNNING, pool=pool)
        return any(job.owner == self._instance for job in running)
