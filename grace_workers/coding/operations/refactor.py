"""A change of form, not of behaviour. No intent is offered yet, so every target is refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from grace_workers.coding.operations.operation import CodingOperation
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue


class RefactorArguments(Document):
    """An intent with its targets and options; `gate` asks for the tests to be run before and after."""

    repo: Path
    intent: str
    targets: Annotated[tuple[str, ...], Field(min_length=1)]
    options: Mapping[str, JsonValue]
    test_command: tuple[str, ...] | None
    gate: bool
    budget_s: float = Field(gt=0, le=3600)


def _run(arguments: RefactorArguments, workshop: Workshop) -> Mapping[str, JsonValue]:
    del workshop
    reason = Reason(ReasonCode.UNSUPPORTED, f"The intent {arguments.intent!r} is not offered.")
    refused: dict[str, JsonValue] = {target: dict(reason.plain()) for target in arguments.targets}
    return {"diff": "", "applied": [], "refused": refused, "level": "safe"}


DEFINITION = CodingOperation(
    name="refactor", about="FunctionChange the form of code.", arguments=RefactorArguments, run=_run, offered=False
)
