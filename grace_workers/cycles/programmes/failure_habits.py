"""Every 30 min: learns how fast failures spread here and how often they begin, by which incidents are grouped (S2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.signals import HABIT_PAST, Alarm, Habits, Topology, habits_of

PAST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FailurePast:
    """The newest failures, oldest first, and what depends on what."""

    failures: Sequence[Alarm]
    topology: Topology


def read(readers: Readers) -> FailurePast:
    """Read the newest failures."""
    return FailurePast(readers.failures(PAST, most=HABIT_PAST), readers.topology())


def judge(seen: FailurePast, before: JsonValue, now: datetime) -> Found:
    """Return the habits, which are the memory; what cannot be read of the last ones is learned anew."""
    del now
    try:
        known = Habits() if before is None else Habits.read(before, "habits of failures")
    except InputError:
        known = Habits()
    habits = habits_of(seen.failures, seen.topology, known).model_dump(mode="json")
    return Found(memory=habits, result={"failures": len(seen.failures), **habits})


DEFINITION = Cycle(
    name="failure_habits",
    summary="Learns how fast failures spread and how often they begin; incidents are grouped by it.",
    cadence=timedelta(minutes=30),
    read=read,
    judge=judge,
)
