"""The relay: rings the doorbells of committed jobs that are due, in batches.

A pass reserves its rows for a few seconds by pushing their `ring_at` ahead, commits, rings, and then marks them rung.
So it holds no lock while it speaks to the broker, two relays never ring for one row at a time, and a relay that dies
between ringing and marking costs one more, harmless, doorbell.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.jobs.ringing import MARK_RUNG
from grace_workers.adapters.postgres.jobs.rows import BELL, ids
from grace_workers.adapters.postgres.jobs.slots import next_bells
from grace_workers.adapters.postgres.jobs.tuned import UNTOUCHED, Levers
from grace_workers.adapters.postgres.statement import many, run
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.standby import News, looks_every
from grace_workers.orchestration.job import SlotLimits
from grace_workers.orchestration.work.doorbells import Doorbell, Doorbells

BATCH = 500
RING_AGAIN = timedelta(seconds=2)
_POLL = timedelta(milliseconds=50)

_TAKE = f"""
UPDATE jobs j SET ring_at = now() + %(again)s::interval
WHERE j.id = ANY(ARRAY(
    SELECT w.id FROM jobs w WHERE w.state = 'queued' AND w.ring_at <= now() AND NOT w.waiting_slot
    ORDER BY w.priority DESC, w.ring_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED))
RETURNING {BELL}
"""  # noqa: S608 - only constants are put in


class Relay:
    """Rings what is due. Any number may run; each row is taken by one. The one that `leads` looks often.

    The `levers` may change its limits, batch and rhythm.
    """

    def __init__(
        self,
        engine: Engine,
        doorbells: Doorbells,
        *,
        limits: SlotLimits | None = None,
        again: timedelta = RING_AGAIN,
        leads: Callable[[], bool] = lambda: True,
        news: News | None = None,
    ) -> None:
        """With `news`, it waits for news instead of looking often."""
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._doorbells = doorbells
        self.levers: Levers = UNTOUCHED
        self._limits = limits or SlotLimits()
        self._again = again
        self._leads = leads
        self._news = news

    def pass_once(self) -> int:
        """Ring up to a batch of due jobs, most urgent first, and return how many.

        Raises:
            TransientError: database or broker is unreachable; what was taken is rung again in two seconds.
        """
        with translated():
            bells = self._take()
            if not bells:
                return 0
            self._doorbells.ring(bells)
            with self._engine.connect() as connection:
                run(connection, MARK_RUNG, {"ids": ids(bell.job_id for bell in bells)})
        return len(bells)

    def run(self, stop: threading.Event) -> None:
        """Ring until `stop` is set. While the database or the broker is unreachable it waits."""
        while not stop.is_set():
            try:
                rang = self.pass_once()
            except TransientError:
                stop.wait(0.25)
                continue
            if rang == 0 and self._news is not None:
                self._news.wait()
            elif rang < self.levers.known("relay_batch", BATCH):
                stop.wait(looks_every(self.levers.milliseconds("look_every", _POLL), self._leads))

    def _take(self) -> Sequence[Doorbell]:
        with self._engine.connect() as connection:
            values = {"most": self.levers.known("relay_batch", BATCH), "again": self._again}
            due = [BELL.read(row) for row in many(connection, _TAKE, values)]
            freed = next_bells(connection, lambda: self.levers.limits(self._limits), again=self._again)
        return sorted([*due, *freed], key=lambda bell: (-bell.priority, bell.job_id))
