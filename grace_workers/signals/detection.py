"""`detect`: readings and memory in, signals and memory out. The caller stores both in one transaction.

A condition that begins gives one firing signal, repeated while it lasts, and one resolved signal when it has ended.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.detected import Detection, signal_of
from grace_workers.signals.limits import storable
from grace_workers.signals.signal import Signal, SignalStatus
from grace_workers.signals.signature import form
from grace_workers.signals.trigger import Reading, Trigger

KEPT_READINGS = 20
NEWEST_WHILE_HELD = 3
KEPT_UNTOLD = 200
REPEAT = timedelta(minutes=1)
NO_HOLDS: Mapping[tuple[str, TargetName], timedelta] = MappingProxyType({})


class _Held(Document):
    """A condition that holds now: since when, and the number of its last firing signal, if it was `told` of."""

    since: datetime
    repeated_at: datetime
    number: int = 1
    detection: Detection
    told: bool = True


class _Point(Document):
    value: float | None
    at: datetime


class _Stored(Document):
    readings: dict[str, dict[str, tuple[_Point, ...]]] = Field(default_factory=dict)
    held: dict[str, dict[str, _Held]] = Field(default_factory=dict)
    untold: dict[str, dict[str, tuple[datetime, ...]]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What detection must remember between two looks. As JSON it survives the process."""

    _stored: _Stored = field(default_factory=_Stored)

    @classmethod
    def read(cls, raw: JsonValue) -> "Memory":
        """Return the memory that `to_json` wrote; a fresh one for None. Raises InputError for anything else."""
        return cls() if raw is None else cls(_Stored.read(raw, "trigger memory"))

    def to_json(self) -> dict[str, JsonValue]:
        """Return the memory as JSON. What most fleets never have is left out, because an earlier release refuses it."""
        unknown = set() if self._stored.untold else {"untold"}
        stored: dict[str, JsonValue] = self._stored.model_dump(mode="json", exclude=unknown)
        return stored

    def series(self, check: str, target: TargetName) -> tuple[Reading, ...]:
        """Return the stored readings of one check on one target, oldest first."""
        points = self._stored.readings.get(check, {}).get(target, ())
        return tuple(Reading(check=check, target=target, value=point.value, at=point.at) for point in points)

    def holds(self, key: str, target: TargetName) -> _Held | None:
        """Return the condition that holds on the target, if it does."""
        return self._stored.held.get(key, {}).get(target)

    @property
    def untold(self) -> Mapping[tuple[str, TargetName], Sequence[datetime]]:
        """Return when conditions ended before they were told, by trigger and target; of each the newest times."""
        return {
            (key, TargetName(target)): times
            for key, by_target in self._stored.untold.items()
            for target, times in by_target.items()
        }

    def with_series(self, check: str, target: TargetName, readings: Sequence[Reading]) -> "Memory":
        """Return the memory with these readings added, limited to the newest `KEPT_READINGS`."""
        points = tuple(_Point(value=one.value, at=one.at) for one in readings[-KEPT_READINGS:])
        by_check = self._stored.readings
        by_target = {**by_check.get(check, {}), str(target): points}
        return Memory(self._stored.model_copy(update={"readings": {**by_check, check: by_target}}))

    def with_held(self, key: str, target: TargetName, held: _Held | None) -> "Memory":
        """Return the memory with the condition set, or removed."""
        by_key = self._stored.held
        if by_key.get(key, {}).get(target) is held:
            return self
        by_target = dict(by_key.get(key, {}))
        if held is None:
            del by_target[target]
        else:
            by_target[str(target)] = held
        return Memory(self._stored.model_copy(update={"held": {**by_key, key: by_target}}))

    def with_untold(self, key: str, target: TargetName, times: Sequence[datetime], *, kept: bool) -> "Memory":
        """Return the memory with more times at which the condition ended before it was told; none, if not `kept`."""
        by_key = self._stored.untold
        known = by_key.get(key, {}).get(target, ())
        newest = (*known, *times)[-KEPT_UNTOLD:] if kept else ()
        if newest == known:
            return self
        by_target = {name: one for name, one in by_key.get(key, {}).items() if name != target}
        by_target |= {str(target): newest} if newest else {}
        untold = {name: one for name, one in by_key.items() if name != key} | ({key: by_target} if by_target else {})
        return Memory(self._stored.model_copy(update={"untold": untold}))


def detect(
    readings: Iterable[Reading],
    memory: Memory,
    triggers: Iterable[Trigger],
    *,
    now: datetime,
    repeat: timedelta = REPEAT,
    holds: Mapping[tuple[str, TargetName], timedelta] = NO_HOLDS,
) -> tuple[tuple[Signal, ...], Memory]:
    """Return the signals of this look, and what to remember for the next.

    `holds` says, by trigger and target, for how long a condition must last before it is told; one that ends before
    gives no signal.

    A trigger that watches several checks of one target sees one condition: it begins with the first of them and ends
    with the last. While the check that showed it fails, it goes on. Signals have delivery keys that memory and time
    decide.
    """
    known = tuple(triggers)
    latest: dict[tuple[str, TargetName], Reading] = {}
    for reading in readings:
        series = (*memory.series(reading.check, reading.target), reading)
        began = _began(known, memory, reading)
        memory = memory.with_series(reading.check, reading.target, _kept(series, began))
        latest[reading.check, reading.target] = reading
    signals: list[Signal] = []
    for trigger in known:
        for target, newest in _newest(trigger, latest).items():
            held, seen = memory.holds(trigger.name, target), _seen(trigger, target, memory, latest)
            if seen is None and held is not None and _is_unread(held, latest):
                continue
            hold = holds.get((trigger.name, target), timedelta())
            if seen is None and held is not None and held.told:
                signals.append(_ended(held, newest.at))
            times = [now] if seen is None and held is not None and not held.told else []
            memory = memory.with_untold(trigger.name, target, times, kept=bool(hold))
            found, held = _look(trigger, seen, held, now, repeat, hold)
            memory = memory.with_held(trigger.name, target, held)
            signals += found
    return tuple(signals), memory


def _began(triggers: Iterable[Trigger], memory: Memory, reading: Reading) -> datetime | None:
    """Return since when a condition that looks at this check has held on the target, if one does."""
    held = (memory.holds(one.name, reading.target) for one in triggers if reading.check in one.checks)
    return min((one.since for one in held if one is not None), default=None)


def _kept(series: Sequence[Reading], began: datetime | None) -> Sequence[Reading]:
    """Return what to keep of a series. While a condition holds, the usual values are those before it."""
    if began is None:
        return series
    usual = [one for one in series if one.at < began]
    return (*usual, *[one for one in series if one.at >= began][-NEWEST_WHILE_HELD:])


def _newest(trigger: Trigger, latest: Mapping[tuple[str, TargetName], Reading]) -> Mapping[TargetName, Reading]:
    """Return the newest reading of each target that the trigger looks at."""
    only = trigger.targets
    mine = [one for (check, at), one in latest.items() if check in trigger.checks and (not only or at in only)]
    return {reading.target: reading for reading in sorted(mine, key=lambda reading: reading.at)}


def _seen(
    trigger: Trigger, target: TargetName, memory: Memory, latest: Mapping[tuple[str, TargetName], Reading]
) -> tuple[Reading, str] | None:
    """Return the newest reading of the first check that the trigger finds wrong, and the explanation.

    A check that was not read this time keeps its last reading, so that a missing reading ends no condition.
    """
    for check, bound in trigger.checks.items():
        series = memory.series(check, target)
        words = trigger.judge(bound, series) if series else None
        if words is not None:
            return latest.get((check, target), series[-1]), words
    return None


def _is_unread(held: _Held, latest: Mapping[tuple[str, TargetName], Reading]) -> bool:
    """Return whether the check that showed the condition failed this time: what cannot be read has not ended."""
    newest = latest.get((held.detection.check, TargetName(held.detection.target)))
    return newest is not None and newest.value is None


def _look(
    trigger: Trigger,
    seen: tuple[Reading, str] | None,
    held: _Held | None,
    now: datetime,
    repeat: timedelta,
    patience: timedelta,
) -> tuple[Sequence[Signal], _Held | None]:
    if seen is None:
        return [], None
    if held is not None and held.told and now - held.repeated_at < repeat:
        return [], held
    held = _hold(trigger, *seen, held, now)
    if not held.told and now - held.since < patience:
        return [], held
    return [signal_of(held.detection)], held.model_copy(update={"told": True})


def _ended(held: _Held, at: datetime) -> Signal:
    summary = f"{held.detection.summary}: ended"
    ended = {"status": SignalStatus.RESOLVED, "observed_at": at, "summary": summary}
    return signal_of(held.detection.model_copy(update=ended))


def _hold(trigger: Trigger, newest: Reading, words: str, held: _Held | None, now: datetime) -> _Held:
    since, number = (held.since, held.number + held.told) if held is not None else (now, 1)
    detection = Detection(
        trigger=trigger.name,
        check=newest.check,
        target=newest.target,
        severity=trigger.severity,
        summary=f"{newest.target}: {words}",
        # A repetition keeps the first text, so that the whole condition has one signature.
        text=held.detection.text if held is not None else _commonest(newest),
        value=newest.value,
        since=since,
        number=number,
        # The reading's own time, because a look that began before a cure must not seem to come after it.
        observed_at=newest.at,
    )
    told = held is not None and held.told
    return _Held(since=since, repeated_at=now, number=number, detection=detection, told=told)


def _commonest(reading: Reading) -> str | None:
    """Return the line whose form occurs most often, or the newest of several such; it represents the burst.

    Only as many of the newest lines count as the reading counted, because older lines belong to something older.
    """
    lines = reading.lines[-max(1, int(reading.value or 0)) :]
    forms = [form(line) for line in lines]
    counts = Counter(forms)
    newest_first = range(len(lines) - 1, -1, -1)
    chosen = max(newest_first, key=lambda at: counts[forms[at]], default=None)
    return None if chosen is None else storable(lines[chosen])
