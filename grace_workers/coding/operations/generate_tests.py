"""Tests for a module that has none. Not offered yet."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from grace_workers.coding.operations.operation import CodingOperation
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue


class GenerateTestsArguments(Document):
    """A module by its dotted name, and the interpreter that can import it."""

    repo: Path
    module: str
    python: Path
    budget_s: float = Field(gt=0, le=3600)


def _run(arguments: GenerateTestsArguments, workshop: Workshop) -> Mapping[str, JsonValue]:
    del arguments, workshop
    reason = Reason(ReasonCode.UNSUPPORTED, "Generating tests is not offered.")
    return {"test_file": None, "reason": dict(reason.plain())}


DEFINITION = CodingOperation(
    name="generate_tests", about="Write tests for a module.", arguments=GenerateTestsArguments, run=_run, offered=False
)
