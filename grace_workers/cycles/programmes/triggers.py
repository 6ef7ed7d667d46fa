"""Every 30 s: reads what the triggers watch, and raises signals (S4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.improvements.kinds.probe import PROBE, trigger_of, watched
from grace_workers.cycles.improvements.kinds.threshold import THRESHOLD, holds_of
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Memory, Reading, Trigger, detect

# Every look that sees a condition reports it: repeats join the open incident, and after a cure that did not last they
# open the next one at once.
REPEAT = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The triggers, what their checks read, and how long conditions must last before they are told."""

    triggers: Iterable[Trigger]
    readings: Sequence[Reading]
    holds: Mapping[tuple[str, TargetName], timedelta] = field(default_factory=dict)


def read(readers: Readers) -> Watched:
    """Read every check that a trigger watches, and what changes in force watch on single targets."""
    checks = dict.fromkeys(check for trigger in readers.triggers for check in trigger.checks)
    readings, more = [*readers.readings(checks)], watched(readers.changes(PROBE))
    known = {(one.check, one.target) for one in readings}
    wanted: dict[str, list[TargetName]] = defaultdict(list)
    for check, target in dict.fromkeys((one.check, TargetName(one.target)) for one in more):
        if (check, target) not in known:
            wanted[check].append(target)
    # Those of a check are read side by side, because one that does not answer may take seconds.
    for check, targets in wanted.items():
        readings += readers.readings([check], targets)
    return Watched(
        triggers=[*readers.triggers, *map(trigger_of, more)],
        readings=readings,
        holds=holds_of(readers.changes(THRESHOLD)),
    )


def judge(seen: Watched, before: JsonValue, now: datetime) -> Found:
    """Return the signals that the triggers raise."""
    known = Memory.read(before)
    signals, memory = detect(seen.readings, known, seen.triggers, now=now, repeat=REPEAT, holds=seen.holds)
    result: dict[str, JsonValue] = {"readings": len(seen.readings), "signals": len(signals)}
    return Found(memory=memory.to_json(), signals=signals, result=result)


DEFINITION = Cycle(
    name="triggers",
    summary="Reads what the triggers watch on every target, and raises signals.",
    cadence=timedelta(seconds=30),
    read=read,
    judge=judge,
)
