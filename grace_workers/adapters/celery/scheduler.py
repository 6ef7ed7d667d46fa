"""Celery beat on our terms: it asks the ledger what is due, and only while this instance leads.

Beat's own scheduling, its file of last runs and its sending to the broker are not used: a due entry is a job inserted
unique on (entry, slot), so two beats cannot double a slot and a broker outage cannot lose one.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from celery.beat import Scheduler

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.job import FencedError
from grace_workers.orchestration.work.schedule import ScheduleEntry, ScheduleStore, due_slots, next_slot

log = logging.getLogger(__name__)

CLOCKWORK = "grace_clockwork"


class Leading(Protocol):
    """Whether this instance may act as the leader at this moment."""

    def __call__(self) -> bool:
        """Return True only within the safe part of our lease."""
        ...


class Clockwork:
    """One look at the schedule: fires what is due. Free of Celery, so that it can be tested at any moment."""

    def __init__(
        self, entries: Sequence[ScheduleEntry], store: ScheduleStore, *, leading: Leading, clock: Clock
    ) -> None:
        self._entries = tuple(entries)
        self._store = store
        self._leading = leading
        self._clock = clock
        # Before this nothing is due, as far as the last look showed; None when the next look must ask the ledger.
        self._soonest: datetime | None = None
        self._looked_at: datetime | None = None

    def turn(self, longest: float) -> float:
        """Fire every due slot if this instance leads; return the seconds until the next look, at most `longest`."""
        now = self._clock.now()
        if self._looked_at is not None and now < self._looked_at:
            # The clock was put back, so what the last look showed is of another time.
            self._soonest = None
        self._looked_at = now
        if not self._entries or not self._leading():
            self._soonest = None
            return longest
        if self._soonest is None or now >= self._soonest:
            self._soonest = None
            try:
                self._fire()
            except (TransientError, FencedError) as error:
                log.warning("schedule_not_fired error=%s: %s", type(error).__name__, error)
                return longest
            # By the time before the look: a slot that began while it lasted is fired at the next.
            self._soonest = min(next_slot(now, entry.every) for entry in self._entries)
        return max(0.0, min(longest, (self._soonest - self._clock.now()).total_seconds()))

    def _fire(self) -> None:
        last = self._store.last_slots()
        for entry in self._entries:
            slots = due_slots(entry, last.get(entry.name), self._clock.now())
            if slots and self._leading():
                new = self._store.fire(entry, slots)
                log.info("schedule_fired entry=%s slots=%d new=%d", entry.name, len(slots), new)


class LedgerScheduler(Scheduler):
    """What `celery beat` runs. The application carries the clockwork under `grace_clockwork`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clockwork: Clockwork | None = None

    def setup_schedule(self) -> None:
        """Store nothing: Celery's own entries would bypass the ledger."""

    def tick(self, *_args: Any, **_options: Any) -> float:
        """Look at the schedule once; return the seconds until the next look."""
        if self._clockwork is None:
            # Built on the first look, in beat's own process.
            self._clockwork = getattr(self.app, CLOCKWORK)()
        return self._clockwork.turn(float(self.app.conf.beat_max_loop_interval))

    def close(self) -> None:
        """Nothing to save, because the ledger holds the last slots."""
