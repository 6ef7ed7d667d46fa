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
    standing_of,
)
from grace_workers.cycles.improvements.fleet_change import FleetChange
from grace_workers.cycles.improvements.goal_change import GOAL, GoalChange, goals_in_force
from grace_workers.cycles.improvements.improvement import (
    ChangedCases,
    Improvement,
    ImprovementMemory,
    ImprovementState,
    key_of,
)
from grace_workers.cycles.improvements.kind import ProposalKind, declared_proposals
from grace_workers.cycles.improvements.kinds.alias import ALIAS, TargetAlias, aliased
from grace_workers.cycles.improvements.kinds.cause import CAUSE, OFF, switching_plan
from grace_workers.cycles.improvements.kinds.coding_task import CODING_TASK
from grace_workers.cycles.improvements.kinds.goal import standing_of_goal
from grace_workers.cycles.improvements.offers import CodingOrder, OfferedCause
from grace_workers.cycles.improvements.standing import NOTHING, InForce
from grace_workers.cycles.lever import (
    FLEET,
    FLEET_KIND,
    ON_TRIAL,
    Lever,
    LeverSetting,
    LeverStep,
    Schedule,
    declared_levers,
)
from grace_workers.cycles.outcome_count import FleetRecord, OutcomeCount
from grace_workers.cycles.snapshot import (
    FleetSnapshot,
    SnapshotContent,
    SnapshotPart,
    content,
    hash_of,
    identity,
    outdated,
)
from grace_workers.cycles.tuning import (
    BlockFigures,
    PoolScale,
    SeenBlocks,
    Tried,
    TuningMemory,
    UnderTest,
    setting_plan,
)
from grace_workers.cycles.weak_spot import (
    PastMonth,
    PastProblem,
    RaisedError,
    TellingReading,
    UnexplainedProblem,
    UnmatchedSignal,
    Vanished,
)
from grace_workers.cycles.withdrawn import Withdrawn

__all__ = [
    "ALIAS",
    "CAUSE",
    "CODING_TASK",
    "FLEET",
    "FLEET_KIND",
    "GOAL",
    "NOTHING",
    "OFF",
    "ON_TRIAL",
    "AnyCycle",
    "BlockFigures",
    "ChangeKind",
    "ChangedCases",
    "CodingOrder",
    "Cycle",
    "CycleRun",
    "ErrorBudget",
    "Finding",
    "FleetChange",
    "FleetRecord",
    "FleetSnapshot",
    "Found",
    "Goal",
    "GoalChange",
    "GoalEvaluation",
    "Improvement",
    "ImprovementMemory",
    "ImprovementState",
    "InForce",
    "KnownFinding",
    "Lever",
    "LeverSetting",
    "LeverStep",
    "Missed",
    "OfferedCause",
    "OutcomeCount",
    "PastMonth",
    "PastProblem",
    "PoolScale",
    "ProposalKind",
    "ProposedChange",
    "RaisedError",
    "Readers",
    "Schedule",
    "SeenBlocks",
    "SnapshotContent",
    "SnapshotPart",
    "TargetAlias",
    "TellingReading",
    "Tried",
    "TuningMemory",
    "UnderTest",
    "UnexplainedProblem",
    "UnmatchedSignal",
    "Vanished",
    "Withdrawn",
    "aliased",
    "checked_goal",
    "content",
    "declared_cycles",
    "declared_indicators",
    "declared_levers",
    "declared_proposals",
    "goals_in_force",
    "hash_of",
    "identity",
    "key_of",
    "outdated",
    "setting_plan",
    "standing_of",
    "standing_of_goal",
    "switching_plan",
]
