"""Every 2 min: looks which targets will soon fail, by what came before the failures of the past (S5).

A target fails when an error or worse of it is reported. What its readings did in the two hours before teaches the
model; how often looks like the present one came before a failure gives the probability.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.learning import Chances, failure_risk
from grace_workers.signals import Detection, Factor, Severity, Signal, SignalStatus, Vitals, signal_of

EVERY = timedelta(minutes=2)
HORIZON = 15
"""For how many looks ahead a failure is foretold: half an hour."""

KEPT_LOOKS = 60
KEPT_FAILURES = 40
FEWEST_FAILURES = 3
MOST_TARGETS = 100
COSTS, _COSTS = "failure_costs", 3.0
"""The label that says how many times as much a failure of the target costs as acting early."""

_DIGITS = 4
_NAMED = 3

Look = Mapping[str, float]
"""Readings by the words of their factors."""


class _Asked(Document):
    """How risky a target looked, until it is known whether it failed within the horizon."""

    raw: float
    looks: int = 0


class _Target(Document):
    """What is remembered of a target: its newest looks, its restarts, and the signal about it that is not resolved."""

    looks: tuple[dict[str, float], ...] = Field(default=(), max_length=KEPT_LOOKS)
    serving: float | None = None
    restarts: tuple[datetime, ...] = ()
    failed_at: datetime | None = None
    asked: _Asked | None = None
    held: Detection | None = None


class _Memory(Document):
    targets: dict[str, _Target] = Field(default_factory=dict, max_length=MOST_TARGETS)
    failures: tuple[tuple[dict[str, float], ...], ...] = Field(default=(), max_length=KEPT_FAILURES)
    chances: Chances = Chances()


def read(readers: Readers) -> Sequence[Vitals]:
    """Read what foretells failures."""
    return readers.vitals()


def judge(seen: Sequence[Vitals], before: JsonValue, now: datetime) -> Found:
    """Return the signals of the targets for which acting early pays."""
    memory = _Memory() if before is None else _Memory.read(before, "memory of failures")
    failures, chances = list(memory.failures), memory.chances
    targets: dict[str, _Target] = {}
    for one in _chosen(seen, memory):
        known = memory.targets.get(one.target, _Target())
        failed = one.failed_at is not None and (known.failed_at is None or one.failed_at > known.failed_at)
        if failed and known.looks:
            failures.append(known.looks)
        targets[one.target], chances = _looked(known, one, chances, now, failed=failed)
    failures = failures[-KEPT_FAILURES:]
    signals = _judged(seen, targets, failures, chances, now)
    after = _Memory(targets=targets, failures=tuple(failures), chances=chances)
    foretold: list[JsonValue] = [*sorted(name for name, one in targets.items() if one.held is not None)]
    result: dict[str, JsonValue] = {
        "targets": len(targets),
        "failures": len(failures),
        "signals": len(signals),
        "foretold": foretold,
    }
    return Found(memory=after.model_dump(mode="json"), signals=signals, result=result)


def _chosen(seen: Sequence[Vitals], memory: _Memory) -> Iterable[Vitals]:
    """Return those that can be remembered: the known ones first."""
    useful = [one for one in seen if one.readings or one.serving is not None]
    return sorted(useful, key=lambda one: one.target not in memory.targets)[:MOST_TARGETS]


def _looked(known: _Target, seen: Vitals, chances: Chances, now: datetime, *, failed: bool) -> tuple[_Target, Chances]:
    """Return the target after one more look, and what became of how risky it looked earlier."""
    restarted = seen.serving is not None and known.serving is not None and seen.serving < known.serving
    restarts = [at for at in known.restarts if now - at < KEPT_LOOKS * EVERY] + ([now] if restarted else [])
    asked = known.asked
    if asked is not None:
        asked = asked.model_copy(update={"looks": asked.looks + 1})
        if failed or asked.looks >= HORIZON:
            chances, asked = chances.after(asked.raw, happened=failed), None
    look = {factor.value: float(f"{value:.{_DIGITS}g}") for factor, value in seen.readings.items()}
    if seen.serving is not None:
        look[Factor.RESTARTS.value] = float(len(restarts))
    # While it fails, its readings tell of this failure and not of the next.
    looks = () if failed or seen.failing else (*known.looks, look)[-KEPT_LOOKS:]
    after = known.model_copy(
        update={
            "looks": looks,
            "serving": seen.serving,
            "restarts": tuple(restarts),
            "failed_at": seen.failed_at,
            "asked": asked,
        }
    )
    return after, chances


def _judged(
    seen: Sequence[Vitals],
    targets: dict[str, _Target],
    failures: Sequence[Sequence[Look]],
    chances: Chances,
    now: datetime,
) -> Sequence[Signal]:
    """Return the signals, and keep in `targets` what was raised and asked."""
    risks = failure_risk(
        failures if len(failures) >= FEWEST_FAILURES else [],
        {name: one.looks for name, one in targets.items()},
        horizon=HORIZON,
    )
    labels = {one.target: one.labels for one in seen}
    signals: list[Signal] = []
    for name, target in list(targets.items()):
        risk, factors = risks.get(name, (None, ()))
        asked = _Asked(raw=risk) if risk is not None and target.asked is None else target.asked
        found = None
        if risk is not None and chances.at_least(risk) * _costs(labels[TargetName(name)]) > 1:
            found = _detection(TargetName(name), target, chances, risk, factors, now)
        if target.held is None and found is not None:
            signals.append(signal_of(found))
        elif target.held is not None and found is None:
            ended = {"status": SignalStatus.RESOLVED, "observed_at": now}
            signals.append(signal_of(target.held.model_copy(update=ended)))
        held = (target.held or found) if found is not None else None
        targets[name] = target.model_copy(update={"asked": asked, "held": held})
    return signals


def _costs(labels: Mapping[str, str]) -> float:
    try:
        return max(1.0, float(labels.get(COSTS, _COSTS)))
    except ValueError:
        return _COSTS


def _detection(
    name: TargetName, target: _Target, chances: Chances, risk: float, factors: Sequence[str], now: datetime
) -> Detection:
    first, last = target.looks[0], target.looks[-1]
    telling = [one for one in factors if one in last][:_NAMED]
    told = [_words(one, first, last) for one in telling]
    minutes = HORIZON * EVERY / timedelta(minutes=1)
    return Detection(
        trigger="predicted_failure",
        check=telling[0] if telling else "readings",
        target=name,
        severity=Severity.WARNING,
        summary=f"{name}: fails within {minutes:g} min with a probability of {chances.of(risk):.0%} "
        f"(at least {chances.at_least(risk):.0%}): {'; '.join(told) or 'by its readings together'}",
        value=chances.of(risk),
        since=now,
        observed_at=now,
    )


def _words(factor: str, first: Look, last: Look) -> str:
    """Return a factor in words: its value, and how far it is from the oldest look."""
    change = last[factor] - first.get(factor, last[factor])
    moved = f", {'up' if change > 0 else 'down'} {abs(change):.3g}" if change else ""
    return f"{factor} is {last[factor]:.3g}{moved}"


DEFINITION = Cycle(
    name="predicted_failure",
    summary="Looks which targets will soon fail, by what came before earlier failures; raises signals.",
    cadence=EVERY,
    read=read,
    judge=judge,
)
