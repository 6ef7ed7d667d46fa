"""The schedule: which jobs are due by the clock. Pure slot arithmetic and the port that stores the last runs.

A slot is a whole multiple of the entry's interval since the Unix epoch, so every instance computes the same slots, and
two beats cannot insert a job twice, because it is unique on (entry, slot).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from grace_workers.cycles import Missed
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.job import NORMAL, JobRequest, Pool, Priority

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_MISSED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleEntry:
    """One job that recurs. `name` is unique in the schedule; `job` is the job's readable name.

    One that only looks is not audited; what it raises is.
    """

    name: str
    every: timedelta
    job: str
    pool: Pool
    payload: Mapping[str, JsonValue] = field(default_factory=dict)
    priority: Priority = NORMAL
    missed: Missed = Missed.SKIP
    audited: bool = False

    def request(self, slot: datetime) -> JobRequest:
        """Return the job of one slot; its dedupe key names entry and slot."""
        return JobRequest(
            name=self.job,
            pool=self.pool,
            payload=self.payload,
            priority=self.priority,
            dedupe_key=f"schedule:{self.name}:{slot.isoformat()}",
            audited=self.audited,
        )


class ScheduleStore(Protocol):
    """Stores the schedule's last slots and inserts the jobs of due ones. Raises TransientError without a database."""

    def last_slots(self) -> Mapping[str, datetime]:
        """Return the last slot fired, by entry name; an entry that never fired is absent.

        Slots of the future do not count: the clock was ahead when they were fired, and was put back since.
        """

    def fire(self, entry: ScheduleEntry, slots: Sequence[datetime]) -> int:
        """Insert the jobs of these slots and record the last one, in one transaction; return how many were new.

        A slot that another beat has already fired counts as not new, and so does one of a paused entry: it passes
        without a job. Raises FencedError when this instance does
        not lead (its epoch is past); then nothing was written.
        """


def slot_at(moment: datetime, every: timedelta) -> datetime:
    """Return the start of the slot that holds `moment`."""
    return moment - (moment - _EPOCH) % every


def next_slot(moment: datetime, every: timedelta) -> datetime:
    """Return the start of the first slot after `moment`."""
    return slot_at(moment, every) + every


def due_slots(entry: ScheduleEntry, last: datetime | None, now: datetime) -> Sequence[datetime]:
    """Return the slots to fire now, oldest first.

    An entry that never fired is due at once. After a gap the entry's policy decides: `skip` fires only a slot that
    has just begun (at most one tenth of the interval ago, or two seconds if that is longer), `last` the newest
    passed slot, `all` every passed slot up to the newest thousand.
    """
    current = slot_at(now, entry.every)
    if last is None:
        return [current]
    passed = (current - last) // entry.every
    if passed <= 0:
        return []
    if entry.missed is Missed.ALL:
        return [current - entry.every * back for back in range(min(passed, MOST_MISSED) - 1, -1, -1)]
    on_time = now - current <= max(entry.every / 10, timedelta(seconds=2))
    return [current] if on_time or entry.missed is Missed.LAST else []
