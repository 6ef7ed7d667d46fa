"""`Indicator`: what a goal is measured by, taken from the fleet's own record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grace_workers.cycles.outcome_count import FleetRecord


class IndicatorKind(StrEnum):
    """A share of what happened in the window, or a level at its end."""

    SHARE = "share"
    LEVEL = "level"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One slice of time: `good` of `total`; for a level, `good` is the level and `total` is 1."""

    at: datetime
    good: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """Something that can be measured, the more the better. `advice` says what to do when it is too low."""

    name: str
    summary: str
    measure: IndicatorKind
    read: Callable[[FleetRecord], Sequence[Measured]]
    advice: str
