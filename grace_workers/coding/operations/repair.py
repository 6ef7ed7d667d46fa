"""Patches for the fault that the failing tests show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from grace_workers.coding.baseline import establish
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.repair.repair import repaired
from grace_workers.coding.engines.repair.report import RepairReport
from grace_workers.coding.operations.operation import CodingOperation
from grace_workers.coding.reason import Reason
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue


class RepairArguments(Document):
    """A repository, its test command, and the seconds that an answer may take; `suspects` limit what may be edited."""

    repo: Path
    test_command: Annotated[tuple[str, ...], Field(min_length=1)]
    budget_s: float = Field(gt=0, le=3600)
    suspects: Annotated[tuple[str, ...], Field(min_length=1)] | None = None


def report_of(arguments: RepairArguments, workshop: Workshop) -> RepairReport:
    """Return the report of a repair, and leave nothing behind."""
    deadline = Deadline.after(arguments.budget_s * 0.95 - 1.5, workshop.clock)
    with workshop.scratch() as scratch:
        baseline = establish(workshop, arguments.repo, arguments.test_command, deadline, scratch)
        if isinstance(baseline, Reason):
            return RepairReport(reason=baseline)
        return repaired(baseline, deadline, arguments.suspects)


def _run(arguments: RepairArguments, workshop: Workshop) -> Mapping[str, JsonValue]:
    report = report_of(arguments, workshop)
    return {
        "patches": list(report.patches),
        "verified": report.verified,
        # The report's figure compares passing patches with each other; it is not a probability of being right.
        "confidence": None,
        "reason": None if report.reason is None else dict(report.reason.plain()),
        "candidates": report.candidates,
    }


DEFINITION = CodingOperation(
    name="repair", about="Search patches that make the failing tests pass.", arguments=RepairArguments, run=_run
)
