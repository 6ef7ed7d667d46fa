"""Goals: what the fleet is to reach, whether it does, and when it will."""

from grace_workers.cycles.goals.budget import LONGEST_BURN, BurnRate, ErrorBudget, budget_of
from grace_workers.cycles.goals.goal import (
    MOST_GOALS,
    STARTERS,
    Goal,
    checked_goal,
    declared_indicators,
    goals_in_force,
)
from grace_workers.cycles.goals.indicator import Indicator, IndicatorKind, Measured
from grace_workers.cycles.goals.standing import AHEAD, GoalDay, GoalEvaluation, GoalState, standing_of

__all__ = [
    "AHEAD",
    "LONGEST_BURN",
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
    "budget_of",
    "checked_goal",
    "declared_indicators",
    "goals_in_force",
    "standing_of",
]
