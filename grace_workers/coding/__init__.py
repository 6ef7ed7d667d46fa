"""The coding agent: from a failing test to verified patches. Acts through ports; commits and merges nothing itself."""

from grace_workers.coding.baseline import opened_clean
from grace_workers.coding.catalogs import (
    coding_intents,
    coding_operations,
    coding_recipes,
    coding_tasks,
    hunted_source,
    hunter_rules,
    refactoring_plans,
)
from grace_workers.coding.engines.repair.proposal import EditOperator
from grace_workers.coding.engines.repair.report import RepairReport
from grace_workers.coding.hunter.advisory import (
    Advisories,
    Advisory,
    AffectedRange,
    CheckedDependency,
    DependencyAnswer,
    NotAffected,
    NotChecked,
    Vulnerable,
    check_dependency,
    spelled_answer,
)
from grace_workers.coding.hunter.dependency import Dependency, is_dependency_file, normal_name, read_dependencies
from grace_workers.coding.hunter.finding import Hunted, HunterFinding
from grace_workers.coding.hunter.hunt import brought_in, hunt, hunt_change, objections
from grace_workers.coding.hunter.hunter_rule import Danger, HunterRule
from grace_workers.coding.hunter.inspected import Inspected, TextKind
from grace_workers.coding.hunter.source_text import SourceText, UnreadFile
from grace_workers.coding.hunter.tree import hunt_tree
from grace_workers.coding.intents.intent import AnyIntent, Intent, IntentOptions
from grace_workers.coding.knowledge import coding_knowledge, related_causes
from grace_workers.coding.known_skill import KnownSkill
from grace_workers.coding.model import (
    AnswerEnd,
    LanguageModel,
    LostAnswerError,
    ModelAnswer,
    ModelLimits,
    ModelMessage,
    Speaker,
    UnreadableAnswerError,
)
from grace_workers.coding.model_files import open_model_file
from grace_workers.coding.model_use import ModelUse, Reservation, counted, estimated, reserve, settle
from grace_workers.coding.operations.operation import AnyOperation, CodingOperation
from grace_workers.coding.operations.refactor import RefactorArguments, asked_of
from grace_workers.coding.operations.repair import RepairArguments, report_of
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.refactoring import RefactorReport, refactor
from grace_workers.coding.repository import (
    AuthoredCommit,
    Checkout,
    IndexStore,
    OpenBranch,
    OpenRepository,
    PastCommit,
    PastEdit,
    Repository,
)
from grace_workers.coding.sandbox import Ended, NoSandbox, ResourceUse, Sandbox, Sandboxed, SandboxLimit, SandboxLimits
from grace_workers.coding.task import AnyTask, Bench, CodingTask, CodingWork, TaskMode, TaskType
from grace_workers.coding.tasks.refactor import refactoring_objection
from grace_workers.coding.undertaking import patch_of, settled, task_of, undertake
from grace_workers.coding.workshop import Workshop

__all__ = [
    "Advisories",
    "Advisory",
    "AffectedRange",
    "AnswerEnd",
    "AnyIntent",
    "AnyOperation",
    "AnyTask",
    "AuthoredCommit",
    "Bench",
    "CheckedDependency",
    "Checkout",
    "CodingOperation",
    "CodingTask",
    "CodingWork",
    "Danger",
    "Dependency",
    "DependencyAnswer",
    "EditOperator",
    "Ended",
    "Hunted",
    "HunterFinding",
    "HunterRule",
    "IndexStore",
    "Inspected",
    "Intent",
    "IntentOptions",
    "KnownSkill",
    "LanguageModel",
    "LostAnswerError",
    "ModelAnswer",
    "ModelLimits",
    "ModelMessage",
    "ModelUse",
    "NoSandbox",
    "NotAffected",
    "NotChecked",
    "OpenBranch",
    "OpenRepository",
    "PastCommit",
    "PastEdit",
    "Reason",
    "ReasonCode",
    "RefactorArguments",
    "RefactorReport",
    "RepairArguments",
    "RepairReport",
    "Repository",
    "Reservation",
    "ResourceUse",
    "Sandbox",
    "SandboxLimit",
    "SandboxLimits",
    "Sandboxed",
    "SourceText",
    "Speaker",
    "TaskMode",
    "TaskType",
    "TextKind",
    "UnreadFile",
    "UnreadableAnswerError",
    "Vulnerable",
    "Workshop",
    "asked_of",
    "brought_in",
    "check_dependency",
    "coding_intents",
    "coding_knowledge",
    "coding_operations",
    "coding_recipes",
    "coding_tasks",
    "counted",
    "estimated",
    "hunt",
    "hunt_change",
    "hunt_tree",
    "hunted_source",
    "hunter_rules",
    "is_dependency_file",
    "is_protected",
    "normal_name",
    "objections",
    "open_model_file",
    "opened_clean",
    "patch_of",
    "read_dependencies",
    "refactor",
    "refactoring_objection",
    "refactoring_plans",
    "related_causes",
    "report_of",
    "reserve",
    "settle",
    "settled",
    "spelled_answer",
    "task_of",
    "undertake",
]
