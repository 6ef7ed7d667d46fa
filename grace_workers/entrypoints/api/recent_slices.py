"""What pools did in the last hours, read once: a busy fleet ends millions of jobs in that time, and pages ask often."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Self

from grace_workers.orchestration.pool_slice import SHOWN, SLICE, PoolSlice
from grace_workers.orchestration.stores import Ledger
from grace_workers.orchestration.work.schedule import slot_at


class RecentSlices:
    """Remembers the slices that are over, but for the newest, because a job is seen a moment after it has ended."""

    def __init__(self, read: Callable[[datetime], Sequence[PoolSlice]]) -> None:
        """`read` returns the slices from a moment on."""
        self._read = read
        self._lock = threading.Lock()
        self._known: Sequence[PoolSlice] = ()
        self._upto: datetime | None = None

    @classmethod
    def of_ledger(cls, ledger: Ledger) -> Self:
        """Return those of a ledger."""

        def read(since: datetime) -> Sequence[PoolSlice]:
            with ledger.reading() as tx:
                return tx.jobs.slices(since=since, every=SLICE)

        return cls(read)

    def look(self, now: datetime) -> Sequence[PoolSlice]:
        """Return the slices of the last hours, by pool, oldest first."""
        first, last = slot_at(now - SHOWN, SLICE), slot_at(now, SLICE) - SLICE
        with self._lock:
            begin = first if self._upto is None else max(first, min(self._upto, last))
            kept = [one for one in self._known if first <= one.at < begin]
            self._known, self._upto = [*kept, *self._read(begin)], last
            return sorted(self._known, key=lambda one: (one.pool, one.at))
