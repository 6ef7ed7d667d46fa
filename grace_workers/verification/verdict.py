"""Observations and the verdict on them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class VerdictKind(StrEnum):
    """The three answers."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One reading of a check. `value` is None when the probe itself failed; `error` then says how."""

    expectation: str
    value: float | None
    at: datetime
    elapsed: float
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Every expectation was met in time and stayed met."""

    reasons: tuple[str, ...]
    kind: VerdictKind = VerdictKind.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """At least one expectation was observed and not met by its deadline."""

    reasons: tuple[str, ...]
    kind: VerdictKind = VerdictKind.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconclusive:
    """None failed, but at least one could not be observed."""

    reasons: tuple[str, ...]
    kind: VerdictKind = VerdictKind.INCONCLUSIVE


Verdict = Passed | Failed | Inconclusive
