"""What a goal could be from here on: harder where it is surely met, new for an indicator without one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import floor

from grace_workers.cycles.goals.goal import MONTH, Goal
from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind
from grace_workers.cycles.goals.standing import GoalDay, GoalEvaluation, GoalState

LIKELY, UNLIKELY = 0.8, 0.2
HARDER_FROM = 0.975
FEWEST_OUTCOMES = 20
HARDEST_SHARE = 0.999
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedGoal:
    """An objective for an indicator that no goal watches, and why. `chance` is that of meeting it in 30 days."""

    indicator: str
    objective: float
    why: str
    chance: float


def harder(goal: Goal, stands: GoalEvaluation, indicator: Indicator) -> float | None:
    """Return a harder objective for a goal that is met and will be; None while that is not sure."""
    # An evaluation from before the goal was made says how another objective was met.
    if stands.at <= goal.made_at or stands.state is not GoalState.MET or not stands.ahead:
        return None
    if stands.chance is None or stands.chance < HARDER_FROM:
        return None
    lows = [day.within_95[0] for day in stands.ahead if day.within_95 is not None]
    reached = min(lows, default=goal.objective)
    step = round((goal.objective + reached) / 2, 3 if indicator.measure is IndicatorKind.SHARE else 0)
    top = HARDEST_SHARE if indicator.measure is IndicatorKind.SHARE else step
    return min(step, top) if min(step, top) > goal.objective else None


def wanted(indicator: Indicator, trend: GoalEvaluation) -> WantedGoal | None:
    """Return the goal that the trend of an indicator without one asks for.

    What falls is to hold what it is. What rises or holds is to hold what its forecast reaches with 90 % certainty in 30
    days. None where too little happened, or the forecast says neither.
    """
    if trend.value is None or trend.chance is None:
        return None
    share = indicator.measure is IndicatorKind.SHARE
    present = affordable(indicator, trend.value)
    if (share and trend.total < FEWEST_OUTCOMES) or present <= 0:
        return None
    now = f"{indicator.name} is {trend.value:.3g}"
    if trend.chance <= UNLIKELY:
        why = f"{now} and falls: a chance of {trend.chance:.0%} to be as much in {MONTH.days} days"
        return WantedGoal(indicator=indicator.name, objective=present, why=why, chance=trend.chance)
    if trend.chance < LIKELY:
        return None
    reached = max(present, affordable(indicator, _surely(trend.ahead, present)))
    why = f"{now} and holds or rises: a chance of {trend.chance:.0%} to be as much in {MONTH.days} days"
    return WantedGoal(indicator=indicator.name, objective=reached, why=why, chance=LIKELY)


def affordable(indicator: Indicator, value: float) -> float:
    """Return the objective that a value meets: rounded down, to whole percents below 100 % for a share."""
    if indicator.measure is IndicatorKind.LEVEL:
        return float(floor(value))
    return min(floor(value * 100 + 1e-9) / 100, 0.99)


def trend_of(indicator: str) -> str:
    """Return under which name the goal cycle remembers the trend of an indicator; no goal has a colon in its name."""
    return f"trend:{indicator}"


def _surely(ahead: Sequence[GoalDay], otherwise: float) -> float:
    """Return what the value is in 30 days with 90 % certainty."""
    if not ahead:
        return otherwise
    wanted_day = ahead[0].day + MONTH - _DAY
    nearest = min(ahead, key=lambda one: abs(one.day - wanted_day))
    return otherwise if nearest.within_80 is None else nearest.within_80[0]
