"""`foresee`: what a series of readings says by its course: it is unusual, or its resource will be used up.

Pure, as `detect` is: readings and memory in, signals and memory out. Memory is bounded: the newest day of each
resource, and all that the detector of a series knows for a hundred series.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from math import isfinite

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.signals.alarm_budget import AlarmBudget
from grace_workers.signals.detected import Detection, signal_of
from grace_workers.signals.forecast import Forecast, forecast
from grace_workers.signals.signal import Severity, Signal, SignalStatus
from grace_workers.signals.trigger import SeriesReading

BUDGET = "false_alarms_a_week"
HORIZON = timedelta(days=1)
MOST_SERIES = 100
_URGENT = timedelta(hours=1)
_WEEK = timedelta(days=7)
_LONGEST_GAP = timedelta(hours=1)
_KEPT = 288
_CLEARED = 0.02
_REPEAT = timedelta(minutes=30)
_WARM_UP = 288
"""A day of readings, in which the detector learns what is usual and no alarm begins."""


class _Course(Document):
    """The newest readings of a resource, oldest first."""

    points: tuple[tuple[datetime, float], ...] = Field(default=(), max_length=_KEPT)


class _Watch(Document):
    """The detector of a series, and its budget of alarms."""

    detector: JsonValue
    threshold: float
    alarmed: bool
    calm: int
    rests: int
    at: datetime


class _Held(Document):
    since: datetime
    repeated_at: datetime
    detection: Detection


class _Stored(Document):
    courses: dict[str, _Course] = Field(default_factory=dict)
    watches: dict[str, _Watch] = Field(default_factory=dict, max_length=MOST_SERIES)
    held: dict[str, _Held] = Field(default_factory=dict)


def budget_of(labels: Mapping[str, str], check: str) -> float:
    """Return how many false alarms a week a target's labels allow for a check; 0 watches nothing.

    The label is `<check>_false_alarms_a_week`, or `false_alarms_a_week` for all checks of the target.
    """
    try:
        allowed = float(labels.get(f"{check}_{BUDGET}", labels.get(BUDGET, "0")))
    except ValueError:
        return 0.0
    return allowed if isfinite(allowed) and allowed > 0 else 0.0


def courses_of(memory: JsonValue, target: str) -> Mapping[str, Sequence[tuple[datetime, float]]]:
    """Return the newest readings of each resource of a target, oldest first, by the name of the check."""
    if memory is None:
        return {}
    found = _Stored.read(memory, "foresight memory").courses
    return {key.removesuffix(f":{target}"): one.points for key, one in found.items() if key.endswith(f":{target}")}


def foresee(
    seen: Sequence[SeriesReading], before: JsonValue, now: datetime
) -> tuple[Sequence[Signal], JsonValue, Mapping[str, JsonValue]]:
    """Return the signals of this look, what to remember, and figures. Series that are read no more are forgotten."""
    stored = _Stored() if before is None else _Stored.read(before, "foresight memory")
    courses: dict[str, _Course] = {}
    watches: dict[str, _Watch] = {}
    held: dict[str, _Held] = {}
    signals: list[Signal] = []
    for one in seen:
        key = f"{one.reading.check}:{one.reading.target}"
        found = {f"exhaustion:{key}": _exhaustion(one, key, stored, courses)}
        found[f"anomaly:{key}"] = _anomaly(one, key, stored, watches)
        for condition, detection in found.items():
            told, after = _look(detection, one, stored.held.get(condition), now)
            signals += told
            if after is not None:
                held[condition] = after
    memory = _Stored(courses=courses, watches=watches, held=held).model_dump(mode="json")
    wanted = sum(budget_of(one.labels, one.reading.check) > 0 for one in seen)
    return signals, memory, {"series": len(watches), "left_out": wanted - len(watches), "resources": len(courses)}


def _exhaustion(one: SeriesReading, key: str, stored: _Stored, courses: dict[str, _Course]) -> Detection | None:
    full, reading = _full(one), one.reading
    if full is None:
        return None
    points = stored.courses.get(key, _Course()).points
    if reading.value is not None:
        kept = () if _was_cleared(points, reading.value, full) else points
        points = (*kept, (reading.at, reading.value))[-_KEPT:]
    courses[key] = _Course(points=points)
    if reading.value is not None and reading.value >= full:
        # What was foretold has come; it has not ended.
        held = stored.held.get(f"exhaustion:{key}")
        words = f"{reading.check} is {reading.value:.4g} of {full:g}: used up, as foretold"
        return None if held is None else _detection("exhaustion", one, Severity.ERROR, words)
    found = forecast(points, full) if reading.value is not None else None
    if found is None or found.full_at - reading.at > HORIZON:
        return None
    severity = Severity.ERROR if found.full_at - reading.at < _URGENT else Severity.WARNING
    return _detection("exhaustion", one, severity, _words(one, found, full))


def _was_cleared(points: Sequence[tuple[datetime, float]], value: float, full: float) -> bool:
    """Return whether the level fell at once by half of what it had risen and fallen in a day: what was is over."""
    levels = [level for _, level in points]
    return bool(levels) and levels[-1] - value > max((max(levels) - min(levels)) / 2, _CLEARED * full)


def _words(one: SeriesReading, found: Forecast, full: float) -> str:
    reading = one.reading
    return (
        f"{reading.check} is {reading.value:.4g} of {full:g} and rises by {found.rise:.2g} an hour: used up at "
        f"{found.full_at:%Y-%m-%d %H:%M} UTC, between {found.soonest:%m-%d %H:%M} and {found.latest:%m-%d %H:%M}"
    )


def _anomaly(one: SeriesReading, key: str, stored: _Stored, watches: dict[str, _Watch]) -> Detection | None:
    reading, allowed = one.reading, budget_of(one.labels, one.reading.check)
    if not allowed or (key not in stored.watches and len({*stored.watches, *watches}) >= MOST_SERIES):
        return None
    # The detector needs NumPy, which a process that watches no series does without.
    from grace_workers.signals.anomaly import AnomalyDetector

    known = stored.watches.get(key)
    budget = (
        AlarmBudget(rests=_WARM_UP) if known is None else AlarmBudget(**known.model_dump(exclude={"detector", "at"}))
    )
    if reading.value is None:
        if known is not None:
            watches[key] = known
        return _unusual(one, budget, None)
    detector = AnomalyDetector() if known is None else AnomalyDetector.read(known.detector)
    score = detector.update(reading.at, reading.value)
    passed = timedelta(0) if known is None else min(max(reading.at - known.at, timedelta(0)), _LONGEST_GAP)
    budget = budget.after(score, allowed * (passed / _WEEK))
    watches[key] = _Watch(detector=detector.to_json(), at=reading.at, **asdict(budget))
    return _unusual(one, budget, score)


def _unusual(one: SeriesReading, budget: AlarmBudget, score: float | None) -> Detection | None:
    if not budget.alarmed:
        return None
    reading = one.reading
    seen = "could not be read" if reading.value is None else f"is {reading.value:.4g}"
    told = "" if score is None else f", by a score of {score:.1f} where 1 is usual"
    return _detection("anomaly", one, Severity.WARNING, f"{reading.check} {seen}, which is unusual for it{told}")


def _detection(kind: str, one: SeriesReading, severity: Severity, words: str) -> Detection:
    reading = one.reading
    return Detection(
        trigger=f"{kind}_{reading.check}",
        check=reading.check,
        target=reading.target,
        severity=severity,
        summary=f"{reading.target}: {words}",
        value=reading.value,
        since=reading.at,
        observed_at=reading.at,
    )


def _look(
    found: Detection | None, one: SeriesReading, held: _Held | None, now: datetime
) -> tuple[Sequence[Signal], _Held | None]:
    """Return the signals of one condition, and how it is held: it fires, fires again while it lasts, and ends."""
    if found is None:
        # A reading that is missing ends nothing.
        if held is None or one.reading.value is None:
            return [], held
        ended = {"status": SignalStatus.RESOLVED, "observed_at": one.reading.at}
        return [signal_of(held.detection.model_copy(update=ended))], None
    if held is None:
        return [signal_of(found)], _Held(since=now, repeated_at=now, detection=found)
    if now - held.repeated_at < _REPEAT:
        return [], held
    number = held.detection.number + 1
    again = found.model_copy(update={"since": held.detection.since, "number": number})
    return [signal_of(again)], _Held(since=held.since, repeated_at=now, detection=again)


def _full(one: SeriesReading) -> float | None:
    if one.full is None:
        return None
    try:
        own = float(one.labels.get(f"{one.reading.check}_full", one.full))
    except ValueError:
        return one.full
    return own if isfinite(own) else one.full
