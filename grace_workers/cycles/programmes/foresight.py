"""Every 5 min: looks whether a series is unusual, and whether a resource will be used up within a day (S4, S5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.foundation.document import JsonValue
from grace_workers.signals import SeriesReading, foresee


def read(readers: Readers) -> Sequence[SeriesReading]:
    """Read every resource, and the series whose targets allow for false alarms."""
    return readers.series()


def judge(seen: Sequence[SeriesReading], before: JsonValue, now: datetime) -> Found:
    """Return the signals of what is unusual or will be used up."""
    signals, memory, result = foresee(seen, before, now)
    return Found(memory=memory, signals=signals, result={**result, "signals": len(signals)})


DEFINITION = Cycle(
    name="foresight",
    summary="Looks whether readings are unusual, and when resources will be used up; raises signals.",
    cadence=timedelta(minutes=5),
    read=read,
    judge=judge,
)
