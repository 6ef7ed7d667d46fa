"""`detect`: readings and memory in, signals and memory out. Whoever runs it stores both in one transaction.

A condition that begins gives one firing signal, repeated while it lasts, and one resolved signal when it has ended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.signal import Signal, SignalStatus
from grace_workers.signals.signature import mask
from grace_workers.signals.sources.probe import Detection, signal_of
from grace_workers.signals.trigger import Reading, Trigger

KEPT_READINGS = 20
REPEAT = timedelta(minutes=1)


class _Held(Document):
    """A condition that holds now: since when, and which firing signal of it was the last."""

    since: datetime
    repeated_at: datetime
    number: int = 1
    detection: Detection


class _Point(Document):
    value: float | None
    at: datetime


class _Stored(Document):
    readings: dict[str, dict[str, tuple[_Point, ...]]] = Field(default_factory=dict)
    held: dict[str, dict[str, _Held]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What detection must remember between two looks. As JSON it survives the process."""

    _stored: _Stored = field(default_factory=_Stored)

    @classmethod
    def read(cls, raw: JsonValue) -> "Memory":
        """Return the memory that `to_json` wrote; a fresh one for None. Raises InputError for anything else."""
        return cls() if raw is None else cls(_Stored.read(raw, "trigger memory"))

    def to_json(self) -> dict[str, JsonValue]:
        """Return the memory as JSON."""
        stored: dict[str, JsonValue] = self._stored.model_dump(mode="json")
        return stored

    def series(self, check: str, target: TargetName) -> tuple[Reading, ...]:
        """Return the readings kept of one check on one target, oldest first."""
        points = self._stored.readings.get(check, {}).get(target, ())
        return tuple(Reading(check=check, target=target, value=point.value, at=point.at) for point in points)

    def holds(self, key: str, target: TargetName) -> _Held | None:
        """Return the condition that holds on the target, if it does."""
        return self._stored.held.get(key, {}).get(target)

    def with_series(self, check: str, target: TargetName, readings: Sequence[Reading]) -> "Memory":
        """Return the memory with these readings kept, the newest `KEPT_READINGS` of them."""
        points = tuple(_Point(value=one.value, at=one.at) for one in readings[-KEPT_READINGS:])
        by_check = self._stored.readings
        by_target = {**by_check.get(check, {}), str(target): points}
        return Memory(self._stored.model_copy(update={"readings": {**by_check, check: by_target}}))

    def with_held(self, key: str, target: TargetName, held: _Held | None) -> "Memory":
        """Return the memory with the condition held, or no longer."""
        by_key = self._stored.held
        by_target = {name: one for name, one in by_key.get(key, {}).items() if name != target}
        if held is not None:
            by_target[str(target)] = held
        return Memory(self._stored.model_copy(update={"held": {**by_key, key: by_target}}))


def detect(
    readings: Iterable[Reading],
    memory: Memory,
    triggers: Iterable[Trigger],
    *,
    now: datetime,
    repeat: timedelta = REPEAT,
) -> tuple[tuple[Signal, ...], Memory]:
    """Return the signals of this look, and what to remember for the next.

    Signals of one look have delivery keys that the memory decides, so a look that is run twice on one memory stores
    its signals once.
    """
    signals: list[Signal] = []
    known = tuple(triggers)
    for reading in readings:
        series = (*memory.series(reading.check, reading.target), reading)
        memory = memory.with_series(reading.check, reading.target, series)
        for trigger in known:
            if reading.check in trigger.checks:
                found, memory = _look(trigger, series, memory, now, repeat)
                signals += found
    return tuple(signals), memory


def _look(
    trigger: Trigger, series: Sequence[Reading], memory: Memory, now: datetime, repeat: timedelta
) -> tuple[Sequence[Signal], Memory]:
    newest = series[-1]
    key = f"{trigger.name}:{newest.check}"
    held = memory.holds(key, newest.target)
    words = trigger.judge(trigger.checks[newest.check], series)
    if words is None:
        if held is None:
            return (), memory
        ended = held.detection.model_copy(
            update={"status": SignalStatus.RESOLVED, "observed_at": now, "summary": f"{held.detection.summary}: ended"}
        )
        return [signal_of(ended)], memory.with_held(key, newest.target, None)
    if held is not None and now - held.repeated_at < repeat:
        return (), memory
    held = _hold(trigger, newest, words, held, now)
    return [signal_of(held.detection)], memory.with_held(key, newest.target, held)


def _hold(trigger: Trigger, newest: Reading, words: str, held: _Held | None, now: datetime) -> _Held:
    since, number = (held.since, held.number + 1) if held is not None else (now, 1)
    detection = Detection(
        trigger=trigger.name,
        check=newest.check,
        target=newest.target,
        severity=trigger.severity,
        summary=f"{newest.target}: {words}",
        # A repetition keeps the first text, so that the whole condition has one signature.
        text=held.detection.text if held is not None else _commonest(newest.lines),
        value=newest.value,
        since=since,
        number=number,
        observed_at=now,
    )
    return _Held(since=since, repeated_at=now, number=number, detection=detection)


def _commonest(lines: Sequence[str]) -> str | None:
    """Return the line whose masked form occurs most often, the newest where several do; it speaks for the burst."""
    counts: dict[str, int] = {}
    for line in lines:
        form = mask(line[:2000])
        counts[form] = counts.get(form, 0) + 1
    return max(reversed(lines), key=lambda line: counts[mask(line[:2000])], default=None)
