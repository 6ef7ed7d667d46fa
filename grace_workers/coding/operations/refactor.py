"""Changing the form of code, not its behaviour."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from grace_workers.coding.catalogs import coding_intents
from grace_workers.coding.operations.operation import CodingOperation
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.refactoring import Refactoring, refactor
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError


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
    if arguments.intent not in coding_intents():
        reason = Reason(ReasonCode.UNSUPPORTED, f"The intent {arguments.intent!r} is not offered.")
        refused: dict[str, JsonValue] = {target: dict(reason.plain()) for target in arguments.targets}
        return {"diff": "", "applied": [], "refused": refused, "level": "safe"}
    report = refactor(arguments.repo, asked_of(arguments), workshop)
    return {
        "diff": report.diff,
        "applied": list(report.applied),
        "refused": {target: dict(reason.plain()) for target, reason in report.refused.items()},
        "level": report.level.value,
    }


def asked_of(arguments: RefactorArguments) -> Refactoring:
    """Return what the arguments ask for.

    Raises:
        InputError: the options do not fit the intent, or the gate has no test command.
        NotFoundError: there is no such intent.
    """
    if arguments.gate and not arguments.test_command:
        raise InputError("arguments: the gate needs a test_command")
    intent = coding_intents()[arguments.intent]
    return Refactoring(
        intent=intent,
        targets=arguments.targets,
        options=intent.options.read_exactly(dict(arguments.options), "options"),
        test_command=arguments.test_command if arguments.gate else None,
        seconds=arguments.budget_s * 0.95 - 1.5,
    )


DEFINITION = CodingOperation(name="refactor", about="Change the form of code.", arguments=RefactorArguments, run=_run)
