"""`GoalChange`: a goal that the fleet proposed for itself, and the goals in force with those that people approved.

A change says from which objective it starts, so a goal that people changed or ended meanwhile stays as they want it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import Field

from grace_workers.cycles.goals import Goal, known_goals
from grace_workers.cycles.improvements.fleet_change import FleetChange, contents
from grace_workers.foundation.document import Document

GOAL = "goal"
PROPOSER = "cycle:improvement"


class GoalChange(Document):
    """A goal has this objective; `instead_of` is the one that it had, None for a goal that there was not."""

    name: str = Field(max_length=63)
    indicator: str = Field(max_length=64)
    objective: float = Field(gt=0, le=1e9)
    days: int = Field(ge=1, le=90)
    owner: str = Field(max_length=200)
    instead_of: float | None = None

    @property
    def subject(self) -> str:
        """What it is about: a goal as it is now, so that the next step of the same goal is another subject."""
        return f"{self.name}.new" if self.instead_of is None else f"{self.name}.from_{self.instead_of:g}"

    @property
    def words(self) -> str:
        """Return it in words."""
        before = "" if self.instead_of is None else f" instead of {self.instead_of:g}"
        return f"{self.indicator} at least {self.objective:g}{before}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalsInForce:
    """The goals in force by name, and the limits of the changes that some of them are by."""

    goals: Sequence[Goal]
    applied: frozenset[str]


def goals_in_force(stored: Collection[Goal], changes: Collection[FleetChange]) -> Sequence[Goal]:
    """Return the goals in force, by name: those of people and the starters, with the changes in force."""
    return resolved_goals(stored, changes).goals


def resolved_goals(stored: Collection[Goal], changes: Collection[FleetChange]) -> GoalsInForce:
    """Return the goals in force, and which of the changes in force still hold; the earlier comes first."""
    known = dict(known_goals(stored))
    applied: set[str] = set()
    in_order = sorted(
        (one for one in changes if one.in_force_at is not None), key=lambda one: (one.in_force_at, one.limit)
    )
    for change, wanted in zip(in_order, contents(in_order, GoalChange), strict=True):
        after = _changed(known, change, wanted)
        if after is not None:
            known[wanted.name] = after
            applied.add(change.limit)
    goals = [known[name] for name in sorted(known) if known[name].ended_at is None]
    return GoalsInForce(goals=goals, applied=frozenset(applied))


def _changed(known: Mapping[str, Goal], change: FleetChange, wanted: GoalChange) -> Goal | None:
    """Return the goal with a change in force; None where people said something else since, or before it."""
    at, present = change.in_force_at, known.get(wanted.name)
    if at is None or (present is not None and at <= max(present.made_at, present.ended_at or present.made_at)):
        return None
    ended = present is None or present.ended_at is not None
    if wanted.instead_of is None:
        if not ended:
            return None
        return Goal(
            name=wanted.name, indicator=wanted.indicator, objective=wanted.objective,
            window=timedelta(days=wanted.days), owner=wanted.owner, made_at=at, by=PROPOSER,
        )  # fmt: skip
    if present is None or ended or (present.indicator, present.objective) != (wanted.indicator, wanted.instead_of):
        return None
    return replace(present, objective=wanted.objective, made_at=at, by=PROPOSER)
