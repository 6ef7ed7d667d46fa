"""Every 60 s: records incidents, pools and playbooks in the fleet's memory, for people and metrics (L6)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.foundation.document import JsonValue


def read(readers: Readers) -> Mapping[str, JsonValue]:
    """Return the fleet's figures."""
    return readers.figures()


def judge(figures: Mapping[str, JsonValue], _before: JsonValue, now: datetime) -> Found:
    """Store the figures; there is nothing to raise."""
    document: dict[str, JsonValue] = {"at": now.isoformat(), **figures}
    return Found(memory=document, result=document)


DEFINITION = Cycle(
    name="telemetry",
    summary="Records the fleet's figures: incidents, pools, playbooks.",
    cadence=timedelta(seconds=60),
    read=read,
    judge=judge,
)
