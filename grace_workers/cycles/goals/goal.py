"""`Goal`: an indicator, an objective, a window and an owner; and the five that every fleet starts with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from grace_workers.cycles import indicators
from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.errors import ConflictError, InputError

FLEET_OWNER = "grace"
MOST_GOALS = 100
SHORTEST, LONGEST = timedelta(days=1), timedelta(days=90)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to be reached: the indicator is at least `objective` over the window that ends now.

    It is not met before those that it `needs` are. With `budgeted` it is a service level objective: what it allows
    to go wrong is its error budget. It is over since `ended_at`.
    """

    name: str
    indicator: str
    objective: float
    window: timedelta
    owner: str
    needs: tuple[str, ...] = ()
    budgeted: bool = False
    made_at: datetime = _EPOCH
    by: str = FLEET_OWNER
    ended_at: datetime | None = None


MONTH = timedelta(days=30)
STARTERS: tuple[Goal, ...] = tuple(
    Goal(name=name, indicator=name, objective=objective, window=MONTH, owner=FLEET_OWNER)
    for name, objective in (
        ("healing_success", 0.9),
        ("error_patterns", 50.0),
        ("autonomy", 0.85),
        ("prompt_response", 0.95),
        ("coverage", 0.8),
    )
)


@cache
def declared_indicators() -> Catalog[Indicator]:
    """Return all indicators. Raises CatalogError for a faulty definition."""
    return discover(indicators, Indicator, label="indicator")


def known_goals(stored: Collection[Goal]) -> Mapping[str, Goal]:
    """Return the goals that people know, ended ones too: what is stored, and the starters that nothing replaces."""
    return {one.name: one for one in (*STARTERS, *stored)}


def checked_goal(goal: Goal, others: Sequence[Goal]) -> Goal:
    """Return a new goal. `others` are in force.

    Raises:
        InputError: a value is out of range, the indicator or a needed goal is unknown, or goals would need each other.
        ConflictError: there is a goal of this name, or there are too many.
    """
    known = {one.name: one for one in others}
    if goal.name in known:
        raise ConflictError(f"goal {goal.name!r} exists; end it first, or choose another name")
    if len(others) >= MOST_GOALS:
        raise ConflictError(f"{len(others)} goals are in force; the most is {MOST_GOALS}: end one first")
    _check_values(goal)
    for needed in goal.needs:
        if needed != goal.name and needed not in known:
            names = ", ".join(sorted(known)) or "none"
            raise InputError(f"goal {goal.name!r} needs {needed[:80]!r}, which is unknown; known: {names}")
    _refuse_circle(goal, known)
    return goal


def _check_values(goal: Goal) -> None:
    known = declared_indicators()
    if goal.indicator not in known.names:
        raise InputError(f"unknown indicator {goal.indicator[:80]!r}; known: {', '.join(known.names)}")
    share = known[goal.indicator].measure is IndicatorKind.SHARE
    if share and not 0 < goal.objective < 1:
        raise InputError(
            f"objective {goal.objective:g}: {goal.indicator} is a share; give one between 0 and 1, as 0.95"
        )
    if not share and not 0 < goal.objective <= 1e9:  # noqa: PLR2004 - what a count can be
        raise InputError(f"objective {goal.objective:g}: give a number above 0")
    if goal.budgeted and not share:
        raise InputError(f"only a share has an error budget, and {goal.indicator} is a level")
    if not SHORTEST <= goal.window <= LONGEST:
        raise InputError(f"window {goal.window.days} d: give one of {SHORTEST.days} to {LONGEST.days} days")
    if goal.window % SHORTEST:
        raise InputError("a window is a whole number of days")


def _refuse_circle(goal: Goal, known: Mapping[str, Goal]) -> None:
    paths: list[tuple[str, ...]] = [(goal.name, needed) for needed in goal.needs]
    while paths:
        path = paths.pop()
        if path[-1] == goal.name:
            raise InputError(f"a goal cannot need itself: {' needs '.join(path)}; leave one of these out")
        if path[-1] in known:
            paths += [(*path, needed) for needed in known[path[-1]].needs if needed not in path[1:]]
