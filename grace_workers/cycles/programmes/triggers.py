"""Every 30 s: reads what the triggers watch, and raises signals (S4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.improving.holding import THRESHOLD, holds_of
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Memory, Reading, Trigger, detect

# Every look that sees a condition reports it: repeats join the open incident, and after a cure that did not last they
# open the next one at once.
REPEAT = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The triggers, what their checks read, and how long conditions must last before they are told."""

    triggers: Catalog[Trigger]
    readings: Sequence[Reading]
    holds: Mapping[tuple[str, TargetName], timedelta] = field(default_factory=dict)


def read(readers: Readers) -> Watched:
    """Read every check that a trigger watches."""
    checks = dict.fromkeys(check for trigger in readers.triggers for check in trigger.checks)
    return Watched(
        triggers=readers.triggers, readings=readers.readings(checks), holds=holds_of(readers.changes(THRESHOLD))
    )


def judge(watched: Watched, before: JsonValue, now: datetime) -> Found:
    """Return the signals that the triggers raise."""
    known = Memory.read(before)
    signals, memory = detect(watched.readings, known, watched.triggers, now=now, repeat=REPEAT, holds=watched.holds)
    result: dict[str, JsonValue] = {"readings": len(watched.readings), "signals": len(signals)}
    return Found(memory=memory.to_json(), signals=signals, result=result)


DEFINITION = Cycle(
    name="triggers",
    summary="Reads what the triggers watch on every target, and raises signals.",
    cadence=timedelta(seconds=30),
    read=read,
    judge=judge,
)
