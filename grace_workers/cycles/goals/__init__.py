"""Goals: what the fleet is to reach, whether it does, and when it will."""

from grace_workers.cycles.goals.budget import LONGEST_BURN, BurnRate, ErrorBudget, budget_of
from grace_workers.cycles.goals.goal import (
    FLEET_OWNER,
    MONTH,
    MOST_GOALS,
    STARTERS,
    Goal,
    checked_goal,
    declared_indicators,
    known_goals,
)
from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.goals.standing import AHEAD, GoalDay, GoalEvaluation, GoalState, standing_of
from grace_workers.cycles.goals.wanted import WantedGoal, harder, trend_of, wanted

__all__ = [
    "AHEAD",
    "FLEET_OWNER",
    "LONGEST_BURN",
    "MONTH",
    "MOST_GOALS",
    "STARTERS",
    "BurnRate",
    "ErrorBudget",
    "Goal",
    "GoalDay",
    "GoalEvaluation",
    "GoalState",
    "Indicator",
    "IndicatorKind",
    "Measured",
    "WantedGoal",
    "budget_of",
    "checked_goal",
    "declared_indicators",
    "harder",
    "known_goals",
    "standing_of",
    "trend_of",
    "wanted",
]
