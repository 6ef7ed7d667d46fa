"""`refactor`: the form of code changes, and not its behaviour; the suite runs before and after."""

from typing import Annotated

from pydantic import Field

from grace_workers.coding.catalogs import coding_intents
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.refactoring import Refactoring, refactor_in
from grace_workers.coding.task import Bench, CodingTask, CodingWork
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError

_SHOWN = 3


class RefactorTaskArguments(Document):
    """An intent, and its targets: `FILE`, `FILE::FUNCTION`, or a dotted name."""

    intent: str = Field(min_length=1, max_length=100)
    targets: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], Field(min_length=1)]
    options: dict[str, JsonValue] = Field(default_factory=dict)


def _run(arguments: RefactorTaskArguments, bench: Bench) -> CodingWork:
    intents = coding_intents()
    if arguments.intent not in intents:
        known = ", ".join(intents.names)
        return CodingWork(
            reason=Reason(ReasonCode.UNSUPPORTED, f"The intent {arguments.intent!r} is not offered; offered: {known}.")
        )
    intent = intents[arguments.intent]
    try:
        options = intent.options.read(dict(arguments.options), "options")
    except InputError as error:
        return CodingWork(reason=Reason(ReasonCode.UNSUPPORTED, f"{error}."))
    with bench.workshop.scratch() as scratch:
        originals = scratch / "originals"
        originals.mkdir()
        names = bench.repository.copy(originals)
        targets = tuple(_target(one, names) for one in arguments.targets)
        asked = Refactoring(
            intent=intent, targets=targets, options=options, test_command=bench.command, seconds=bench.seconds
        )
        report = refactor_in(bench.repository, asked, bench.workshop)
        before = {name: (originals / name).read_bytes() for name in report.files if name in names}
    story = (
        f"{arguments.intent} of {', '.join(targets)}",
        *(f"{target}: not changed: {reason.message}" for target, reason in report.refused.items()),
    )
    if not report.applied:
        return CodingWork(story=story, reason=next(iter(report.refused.values())))
    return CodingWork(
        files=report.files,
        before=before,
        subject=f"Refactor {_listed(report.applied)} by {arguments.intent}"[:200],
        story=(*story, "the suite has the same results before and after", f"the edit is {report.level.value}"),
        level=report.level,
    )


def _target(written: str, names: tuple[str, ...]) -> str:
    """Return a target of the form `FILE` or `FILE::FUNCTION` for a dotted name; anything else stays as it is."""
    if "::" in written or written in names:
        return written
    steps = written.split(".")
    for cut in range(len(steps), 0, -1):
        for root in ("", "src/", "lib/"):
            path = root + "/".join(steps[:cut])
            file = next((one for one in (f"{path}.py", f"{path}/__init__.py") if one in names), None)
            if file is not None:
                return file if cut == len(steps) else f"{file}::{'.'.join(steps[cut:])}"
    return written


def _listed(targets: tuple[str, ...]) -> str:
    more = f" and {len(targets) - _SHOWN} more" if len(targets) > _SHOWN else ""
    return f"{', '.join(targets[:_SHOWN])}{more}"


DEFINITION = CodingTask(
    name="refactor", about="Change the form of code, not its behaviour.", arguments=RefactorTaskArguments, run=_run
)
