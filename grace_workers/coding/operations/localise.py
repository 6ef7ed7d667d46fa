"""Finding the fault that the failing tests show."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from grace_workers.coding.baseline import establish
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.localise import localise
from grace_workers.coding.operations.operation import CodingOperation
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue

_MOST = 50


class LocaliseArguments(Document):
    """A repository, its test command, and the seconds that an answer may take."""

    repo: Path
    test_command: Annotated[tuple[str, ...], Field(min_length=1)]
    budget_s: float = Field(gt=0, le=3600)


def _run(arguments: LocaliseArguments, workshop: Workshop) -> Mapping[str, JsonValue]:
    deadline = Deadline.after(arguments.budget_s * 0.95 - 1, workshop.clock)
    with workshop.scratch() as scratch:
        baseline = establish(workshop, arguments.repo, arguments.test_command, deadline, scratch)
        if isinstance(baseline, Reason):
            return {"suspects": [], "reason": dict(baseline.plain())}
        found = localise(baseline.traced, baseline.tree, baseline.sources)
    if not found:
        message = "No line of the repository's own code is executed by a failing test."
        return {"suspects": [], "reason": dict(Reason(ReasonCode.NOT_FOUND, message).plain())}
    suspects: list[JsonValue] = [
        {"file": one.file, "function": one.function, "score": one.score} for one in found[:_MOST]
    ]
    return {"suspects": suspects, "reason": None}


DEFINITION = CodingOperation(
    name="localise", about="Rank the functions that may hold the fault.", arguments=LocaliseArguments, run=_run
)
