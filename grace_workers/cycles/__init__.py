"""Periodic looks: a cadence, what is read, and a judgement. They raise signals and findings, and never act."""

from grace_workers.cycles.catalog import declared_cycles
from grace_workers.cycles.cycle import AnyCycle, Cycle, CycleRun, Found, Missed, Readers
from grace_workers.cycles.finding import ChangeKind, Finding, KnownFinding, ProposedChange
from grace_workers.cycles.goals import (
    ErrorBudget,
    Goal,
    GoalEvaluation,
    checked_goal,
    declared_indicators,
    goals_in_force,
    standing_of,
)
from grace_workers.cycles.outcome_count import FleetRecord, OutcomeCount
from grace_workers.cycles.weak_spot import PastMonth, Vanished

__all__ = [
    "AnyCycle",
    "ChangeKind",
    "Cycle",
    "CycleRun",
    "ErrorBudget",
    "Finding",
    "FleetRecord",
    "Found",
    "Goal",
    "GoalEvaluation",
    "KnownFinding",
    "Missed",
    "OutcomeCount",
    "PastMonth",
    "ProposedChange",
    "Readers",
    "Vanished",
    "checked_goal",
    "declared_cycles",
    "declared_indicators",
    "goals_in_force",
    "standing_of",
]
