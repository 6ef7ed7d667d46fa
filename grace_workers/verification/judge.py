"""From expectations and observations to a verdict. Pure: it takes no readings itself.

An expectation is met when a reading within its deadline meets the bound, and every later reading meets it until `hold`
has passed; the hold may end after the deadline. A reading that failed proves nothing: it neither meets a bound nor
breaks one, but a hold needs a matching reading at its end. If no reading was taken before the deadline, the first one
after it counts, so a verification that a crash interrupted still ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import isfinite, isnan

from grace_workers.playbooks import Expectation, Operator, promise
from grace_workers.verification.verdict import Failed, Inconclusive, Observation, Passed, Verdict

LOOK_LATEST = 60.0
TOLERANCE = 1e-9


class ExpectationState(StrEnum):
    """The state of one expectation."""

    MET = "met"
    OPEN = "open"
    MISSED = "missed"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationFinding:
    """An expectation's state and its explanation; `held_since` is when its current hold began, in seconds."""

    expectation: Expectation
    standing: ExpectationState
    reason: str
    held_since: float | None = None


def judge(
    expectations: Sequence[Expectation],
    observations: Sequence[Observation],
    baseline: Mapping[str, float],
    *,
    elapsed: timedelta,
) -> Verdict | None:
    """Return the verdict, or None while it is still open.

    `elapsed` is the time since the last step ended; deadlines and the observations' own `elapsed` count from there.
    `baseline` has the readings before the first step, by expectation id. One missed expectation fails the whole at
    once; Inconclusive waits until nothing is open.
    """
    findings = [assess(item, observations, baseline, elapsed=elapsed) for item in expectations]
    missed = tuple(found.reason for found in findings if found.standing is ExpectationState.MISSED)
    if missed:
        return Failed(reasons=missed)
    if any(found.standing is ExpectationState.OPEN for found in findings):
        return None
    unseen = tuple(found.reason for found in findings if found.standing is ExpectationState.UNSEEN)
    if unseen or not findings:
        return Inconclusive(reasons=unseen or ("the plan has no expectations, so nothing can be verified",))
    return Passed(reasons=tuple(found.reason for found in findings))


def assess(
    expectation: Expectation,
    observations: Sequence[Observation],
    baseline: Mapping[str, float],
    *,
    elapsed: timedelta,
) -> ExpectationFinding:
    """Return the state of one expectation `elapsed` after the last step."""
    limit = limit_of(expectation, baseline)
    if limit is None:
        reason = f"{expectation.id}: no reading was taken before the first step, so nothing can be compared"
        return ExpectationFinding(expectation=expectation, standing=ExpectationState.UNSEEN, reason=reason)
    own = [item for item in observations if item.expectation == expectation.id and item.elapsed >= 0]
    readings = sorted(own, key=lambda item: item.elapsed)
    deadline, hold = expectation.within.total_seconds(), expectation.hold.total_seconds()
    return _Assessment(expectation, readings, limit, deadline, hold, elapsed.total_seconds()).find()


def limit_of(expectation: Expectation, baseline: Mapping[str, float]) -> float | None:
    """Return the number to compare readings with; None when a regression has no baseline."""
    if not expectation.regression:
        return expectation.bound
    before = baseline.get(expectation.id)
    limit = None if before is None else expectation.bound * before
    return limit if limit is not None and isfinite(limit) else None


def fits(value: float, operator: Operator, limit: float) -> bool:
    """Return whether `value` compares with `limit` as the operator says; equality allows only for rounding."""
    if isnan(value) or isnan(limit):
        return False
    equal = abs(value - limit) <= TOLERANCE * max(1.0, abs(limit))
    return {
        Operator.LT: value < limit,
        Operator.LE: value <= limit,
        Operator.EQ: equal,
        Operator.NE: not equal,
        Operator.GE: value >= limit,
        Operator.GT: value > limit,
    }[operator]


@dataclass(frozen=True, slots=True)
class _Assessment:
    expectation: Expectation
    readings: Sequence[Observation]
    limit: float
    deadline: float
    hold: float
    now: float

    def find(self) -> ExpectationFinding:
        """Return the finding."""
        began, met, broken = self._follow()
        if met is not None:
            return self._finding(ExpectationState.MET, f"met: read {_number(met)}")
        if broken is not None:
            return self._finding(ExpectationState.MISSED, f"did not hold: read {_number(broken)}")
        if began is not None:
            return self._holding(began)
        return self._waiting()

    def _follow(self) -> tuple[float | None, Observation | None, Observation | None]:
        """Return when the current hold began, the reading that completed it, and the one that broke it for good."""
        began: float | None = None
        for reading in self.readings:
            if reading.value is None:
                continue
            if not fits(reading.value, self.expectation.operator, self.limit):
                if began is not None and reading.elapsed > self.deadline:
                    return None, None, reading
                began = None
            elif began is not None or self._timely(reading):
                began = reading.elapsed if began is None else began
                if reading.elapsed >= began + self.hold:
                    return began, reading, None
        return began, None, None

    def _timely(self, reading: Observation) -> bool:
        if reading.elapsed <= self.deadline:
            return True
        earlier = [item for item in self.readings if item.value is not None and item.elapsed < reading.elapsed]
        return not earlier

    def _holding(self, began: float) -> ExpectationFinding:
        if self.now < began + self.hold + LOOK_LATEST:
            return self._finding(ExpectationState.OPEN, "met so far", began)
        return self._finding(ExpectationState.UNSEEN, "was met, but no reading shows that it held")

    def _waiting(self) -> ExpectationFinding:
        values = [reading for reading in self.readings if reading.value is not None]
        looked_late = any(reading.elapsed >= self.deadline for reading in self.readings)
        if self.now < self.deadline:
            return self._finding(ExpectationState.OPEN, "not met yet")
        if values:
            return self._finding(ExpectationState.MISSED, f"not met in time: read {_number(values[-1])}")
        if looked_late or self.now >= self.deadline + LOOK_LATEST:
            error = next((reading.error for reading in reversed(self.readings) if reading.error), "nothing was read")
            return self._finding(ExpectationState.UNSEEN, f"could not be observed: {error}")
        return self._finding(ExpectationState.OPEN, "nothing was read yet")

    def _finding(self, standing: ExpectationState, words: str, began: float | None = None) -> ExpectationFinding:
        reason = f"{self.expectation.id}: {promise(self.expectation)}: {words}"
        return ExpectationFinding(expectation=self.expectation, standing=standing, reason=reason, held_since=began)


def _number(reading: Observation) -> str:
    return "nothing" if reading.value is None else f"{reading.value:g}"
