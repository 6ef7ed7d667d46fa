"""Every 30 s: raises a signal for each declared heartbeat that is missing, and resolves it once it is back (S1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.foundation.document import JsonValue
from grace_workers.signals import HeardBeat, HeartbeatMemory, missing


def read(readers: Readers) -> Sequence[HeardBeat]:
    """Read when each was last heard."""
    return readers.heartbeats()


def judge(heard: Sequence[HeardBeat], before: JsonValue, now: datetime) -> Found:
    """Return the signals of those that are missing or back."""
    known = None if before is None else HeartbeatMemory.read(before, "memory of the heartbeats")
    signals, memory = missing(heard, known, now)
    result: dict[str, JsonValue] = {"declared": len(heard), "missing": len(memory.lost)}
    return Found(memory=memory.model_dump(mode="json"), signals=signals, result=result)


DEFINITION = Cycle(
    name="heartbeats",
    summary="Raises a signal for each declared heartbeat that is missing, and ends it once it is back.",
    cadence=timedelta(seconds=30),
    read=read,
    judge=judge,
)
