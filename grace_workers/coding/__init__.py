"""The coding agent: from a failing test to verified patches. Acts through ports; commits and merges nothing itself."""

from grace_workers.coding.engines.repair.proposal import EditOperator
from grace_workers.coding.engines.repair.report import RepairReport
from grace_workers.coding.operations.operation import AnyOperation, CodingOperation
from grace_workers.coding.operations.repair import RepairArguments, report_of
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.repository import OpenRepository, Repository
from grace_workers.coding.sandbox import Ended, ResourceUse, Sandbox, Sandboxed, SandboxLimit, SandboxLimits
from grace_workers.coding.workshop import Workshop

__all__ = [
    "AnyOperation",
    "CodingOperation",
    "EditOperator",
    "Ended",
    "OpenRepository",
    "Reason",
    "ReasonCode",
    "RepairArguments",
    "RepairReport",
    "Repository",
    "ResourceUse",
    "Sandbox",
    "SandboxLimit",
    "SandboxLimits",
    "Sandboxed",
    "Workshop",
    "report_of",
]
