"""How a goal stands: its state, and its days as they were and as they are forecast."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from grace_workers.cycles.goals.budget import ErrorBudget
from grace_workers.foundation.document import JsonValue

T = TypeVar("T")

AHEAD = 90
"""How many days a forecast looks ahead."""


class GoalState(StrEnum):
    """`unknown` until there is an outcome, or as long as there are too few days to look ahead."""

    MET = "met"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalDay:
    """A value of the goal on one day: as it was, or as it is forecast, with intervals of 80 and 95 %."""

    day: date
    value: float
    within_80: tuple[float, float] | None = None
    within_95: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalEvaluation:
    """How a goal stands. `met_by` and its intervals are days from now; None: not within `AHEAD` days."""

    state: GoalState
    reason: str
    at: datetime
    value: float | None = None
    total: float = 0
    past: tuple[GoalDay, ...] = ()
    ahead: tuple[GoalDay, ...] = ()
    chance: float | None = None
    met_by: int | None = None
    met_within_80: tuple[int | None, int | None] | None = None
    met_within_95: tuple[int | None, int | None] | None = None


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("type[Any]", kind))


def dumped(stands: GoalEvaluation | ErrorBudget) -> JsonValue:
    """Return an evaluation or a budget as JSON, for the memory of its cycle."""
    found: JsonValue = _adapter(cast("Hashable", type(stands))).dump_python(stands, mode="json")
    return found


def standing_of(kind: type[T], document: JsonValue) -> T | None:
    """Return what was dumped; None if another release dumped it in another form, because it is soon made anew."""
    try:
        return cast("T", _adapter(cast("Hashable", kind)).validate_python(document))
    except ValidationError:
        return None
