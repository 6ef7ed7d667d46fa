"""The schedule's memory: which slots were fired. Implements `orchestration.schedule.ScheduleStore`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import many, one, run
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.orchestration.work.schedule import MOST_MISSED, ScheduleEntry, ScheduleStore

# A slot of the future was fired by a clock that was ahead. It must not keep the entry waiting until its time has come.
_LAST = "SELECT entry, max(slot_at) FROM schedule_slots WHERE slot_at <= clock_timestamp() GROUP BY entry"

_FIRE = """
INSERT INTO schedule_slots (entry, slot_at, job_id, fired_at)
VALUES (%(entry)s, %(slot)s, %(job)s, clock_timestamp()) ON CONFLICT DO NOTHING
RETURNING EXISTS (SELECT FROM cycle_pauses p WHERE p.name = entry)
"""

# Slots this old cannot be requested again, so their rows are not needed to prevent a second firing. Those of the future
# are to be fired when their time has come.
_FORGET = """
DELETE FROM schedule_slots WHERE entry = %(entry)s AND (slot_at < %(horizon)s OR slot_at > %(newest)s)
"""


class PostgresSchedule(ScheduleStore):
    """Fires slots as this leader. `confirm` raises FencedError in the transaction that inserts the jobs."""

    def __init__(self, engine: Engine, confirm: Callable[[Connection], None]) -> None:
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._confirm = confirm

    def last_slots(self) -> Mapping[str, datetime]:
        with translated(), self._alone.connect() as connection:
            return {row[0]: row[1] for row in many(connection, _LAST, {})}

    def fire(self, entry: ScheduleEntry, slots: Sequence[datetime]) -> int:
        with translated(), self._engine.begin() as connection:
            self._confirm(connection)
            jobs = PostgresTransaction(connection).jobs
            fresh = 0
            for slot in slots:
                request = entry.request(slot)
                fired = one(connection, _FIRE, {"entry": entry.name, "slot": slot, "job": request.id})
                if fired is not None and not fired[0]:
                    jobs.submit([request])
                    fresh += 1
            self._forget(connection, entry, slots)
        return fresh

    def _forget(self, connection: Connection, entry: ScheduleEntry, slots: Sequence[datetime]) -> None:
        if slots:
            newest = max(slots)
            horizon = newest - entry.every * 2 * MOST_MISSED
            run(connection, _FORGET, {"entry": entry.name, "horizon": horizon, "newest": newest})
