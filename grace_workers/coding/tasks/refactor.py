"""`refactor`: the form of code changes, and not its behaviour; the suite runs before and after each step."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from grace_workers.coding.catalogs import coding_intents, refactoring_plans
from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.plan_step import PlanStep, StepTarget, ordered
from grace_workers.coding.planned import PlannedIntent, StepReport, carried_out
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.refactoring import refactorer
from grace_workers.coding.task import Bench, CodingTask, CodingWork
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError

_SHOWN, _TOLD = 3, 20
_ABOUT_A_PLACE = {
    ReasonCode.NOTHING_TO_DO,
    ReasonCode.NOT_EXTRACTABLE,
    ReasonCode.UNSAFE,
    ReasonCode.UNSUPPORTED,
    ReasonCode.COLLISION,
}


class RefactorTaskArguments(Document):
    """An intent or a named plan with its targets: `FILE`, `FOLDER`, `FILE::FUNCTION`, or a dotted name; or `steps`.

    Without targets, a plan is about every file of the repository.
    """

    intent: str = Field(default="", max_length=100)
    targets: tuple[StepTarget, ...] = Field(default=(), max_length=1_000)
    options: dict[str, JsonValue] = Field(default_factory=dict)
    steps: Annotated[tuple[PlanStep, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.intent) == bool(self.steps):
            raise ValueError("give either `intent`, which may be a plan's name, or `steps`")
        return self


def _run(arguments: RefactorTaskArguments, bench: Bench) -> CodingWork:
    with refactorer(bench.repository, bench.workshop, bench.command or None, bench.seconds) as worker:
        names = tuple(worker.texts())
        found = _bound(arguments, names)
        if isinstance(found, Reason):
            return CodingWork(reason=found)
        reports = carried_out(found, worker)
        files = dict(worker.files)
        worker.files = {}
        originals = worker.texts()
        before = {name: (worker.tree / name).read_bytes() for name in files if name in originals}
    story = tuple(line for one in reports for line in _told(one, alone=len(reports) == 1))
    if not files:
        return CodingWork(story=story, reason=_nothing(reports))
    level = SafetyLevel.UNSAFE if any(one.level is SafetyLevel.UNSAFE for one in reports) else SafetyLevel.SAFE
    return CodingWork(
        files=files,
        before=before,
        subject=_subject(reports)[:200],
        story=(*story, *_of_gate(bench), f"the edit is {level.value}"),
        level=level,
    )


def refactoring_objection(arguments: Mapping[str, JsonValue]) -> str:
    """Return why a refactoring cannot be asked for, whatever the repository; empty if it can.

    Raises:
        InputError: the arguments do not fit the task.
    """
    found = _bound(RefactorTaskArguments.read(dict(arguments), "refactoring"), ())
    return found.message if isinstance(found, Reason) else ""


def _bound(arguments: RefactorTaskArguments, names: tuple[str, ...]) -> Sequence[PlannedIntent] | Reason:
    """Return the steps in their order, with what they aim at, or why they cannot be done."""
    steps = _steps(arguments)
    if isinstance(steps, Reason):
        return steps
    intents = coding_intents()
    unknown = next((one.intent for one in steps if one.intent not in intents), None)
    if unknown is not None:
        known = ", ".join((*intents.names, *refactoring_plans().names))
        return Reason(ReasonCode.UNSUPPORTED, f"The intent {unknown!r} is not offered; offered: {known}.")
    order = ordered(steps, {one.name: one for one in intents})
    if isinstance(order, Reason):
        return order
    found = []
    for step in order:
        intent = intents[step.intent]
        if intent.find is None and not step.targets:
            return Reason(ReasonCode.UNSUPPORTED, f"{step.intent} needs a target, such as FILE::FUNCTION.")
        try:
            options = intent.options.read(dict(step.options), "options")
        except InputError as error:
            return Reason(ReasonCode.UNSUPPORTED, f"{error}.")
        named = [_target(one, names) for one in step.targets]
        # A package is all of its files to an intent that finds its targets.
        targets = tuple(one.removesuffix("/__init__.py") if intent.find else one for one in named)
        found.append(PlannedIntent(step.model_copy(update={"targets": targets}), intent, options))
    return found


def _steps(arguments: RefactorTaskArguments) -> Sequence[PlanStep] | Reason:
    if arguments.steps:
        return [one.model_copy(update={"targets": one.targets or arguments.targets}) for one in arguments.steps]
    plans = refactoring_plans()
    if arguments.intent in plans:
        odd = next((name for name in arguments.options if name != "level"), None)
        if odd is not None:
            words = f"The plan {arguments.intent!r} has no option {odd[:80]!r}, only `level`; give it to one intent."
            return Reason(ReasonCode.UNSUPPORTED, words)
        told = {"targets": arguments.targets, "options": arguments.options}
        return [one.model_copy(update=told) for one in plans[arguments.intent].steps]
    if not arguments.targets:
        return Reason(ReasonCode.UNSUPPORTED, f"Name the targets of {arguments.intent!r}; only a plan goes without.")
    return [PlanStep(intent=arguments.intent, targets=arguments.targets, options=arguments.options)]


def _of_gate(bench: Bench) -> Sequence[str]:
    return ["the suite has the same results before and after" if bench.command else "no test was run"]


def _told(report: StepReport, *, alone: bool) -> Iterator[str]:
    """Yield what became of a step, a sentence each."""
    intent = report.step.intent
    if alone:
        yield f"{intent} of {', '.join(report.step.targets)}"
    elif report.applied:
        yield f"{intent} changed {_listed(report.applied, _TOLD)}"
    else:
        yield f"{intent} changed nothing"
    hidden = 0 if alone else sum(one.code is ReasonCode.NOTHING_TO_DO for one in report.refused.values())
    told = [f"{target}: not changed: {why.message}" for target, why in report.refused.items()
            if alone or why.code is not ReasonCode.NOTHING_TO_DO]  # fmt: skip
    yield from told[:_TOLD]
    if told[_TOLD:]:
        yield f"{len(told) - _TOLD} more targets of {intent} were not changed"
    if hidden:
        yield f"{intent} has nothing to do for {hidden} targets"


def _nothing(reports: Sequence[StepReport]) -> Reason:
    """Return why nothing was changed: of an intent the first reason, of a plan one that is about the whole."""
    reasons = [why for one in reports for why in one.refused.values()]
    passed = _ABOUT_A_PLACE if reports[1:] else {ReasonCode.NOTHING_TO_DO}
    told = [one for one in reasons if one.code not in passed]
    if told or (reasons and not reports[1:]):
        return (told or reasons)[0]
    return Reason(ReasonCode.NOTHING_TO_DO, "No step changes anything.")


def _subject(reports: Sequence[StepReport]) -> str:
    applied = list(dict.fromkeys(target for one in reports for target in one.applied))
    done = [one.step.intent for one in reports if one.applied]
    if len(reports) > 1:
        applied = list(dict.fromkeys(target.partition("::")[0] for target in applied))
    names = list(dict.fromkeys(done))
    return f"Refactor {_listed(applied, _SHOWN)} by {', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]}"


def _target(written: str, names: tuple[str, ...]) -> str:
    """Return a target of the form `FILE` or `FILE::FUNCTION` for a dotted name; anything else stays as it is."""
    if "::" in written or "/" in written or written == "." or written in names:
        return written
    steps = written.split(".")
    for cut in range(len(steps), 0, -1):
        for root in ("", "src/", "lib/"):
            path = root + "/".join(steps[:cut])
            file = next((one for one in (f"{path}.py", f"{path}/__init__.py") if one in names), None)
            if file is not None:
                return file if cut == len(steps) else f"{file}::{'.'.join(steps[cut:])}"
    return written


def _listed(targets: Sequence[str], most: int) -> str:
    more = f" and {len(targets) - most} more" if len(targets) > most else ""
    return f"{', '.join(targets[:most])}{more}"


DEFINITION = CodingTask(
    name="refactor", about="Change the form of code, not its behaviour.", arguments=RefactorTaskArguments, run=_run
)
