"""`both`: code, and what lets Grace watch and heal what runs it, as one result: a probe, a playbook and a cause."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.recipe.building import RecipeArguments, built
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.repository import WithFiles
from grace_workers.coding.task import AnyTask, Bench, CodingTask, CodingWork, TaskType
from grace_workers.coding.tasks.build_feature import DEFINITION as BUILD_FEATURE
from grace_workers.coding.tasks.fix_bug import DEFINITION as FIX_BUG
from grace_workers.coding.tasks.integrate import DEFINITION as INTEGRATE
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError

_TASKS: Mapping[str, AnyTask] = {one.name: one for one in (BUILD_FEATURE, FIX_BUG, INTEGRATE)}
_RESERVE, _FOR_CODE = 1.5, 0.6


class BothArguments(Document):
    """`task` and `arguments` are those of the code. `cause` and `playbook` are options of the recipes of that name.

    `playbook` names the `service` that runs the code. It is restarted where the problem that `cause` describes is
    found and the check `alive` shows it.
    """

    task: str = Field(min_length=1, max_length=100)
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    cause: dict[str, JsonValue]
    playbook: dict[str, JsonValue]


def _run(arguments: BothArguments, bench: Bench) -> CodingWork:
    deadline = Deadline.after(bench.seconds - _RESERVE, bench.workshop.clock)
    task = _TASKS.get(arguments.task)
    if task is None:
        words = f"{arguments.task[:80]!r} is no task that goes with healing; there are: {', '.join(_TASKS)}."
        return CodingWork(reason=Reason(ReasonCode.UNSUPPORTED, words))
    try:
        asked = task.arguments.read(dict(arguments.arguments), f"arguments of {task.name}")
    except InputError as error:
        return CodingWork(reason=Reason(ReasonCode.UNSUPPORTED, f"{error}."))
    work: CodingWork = task.run(asked, replace(bench, seconds=bench.seconds * _FOR_CODE))
    if work.reason is not None:
        return work
    cause = {"shown_by": "alive", **arguments.cause}
    playbook = {"causes": [cause.get("name")], **arguments.playbook}
    for name, options in (("cause", cause), ("restart_playbook", playbook)):
        work = _with(work, name, options, replace(bench, seconds=max(deadline.left, 0.0)))
        if work.reason is not None:
            return work
    return work


def _with(work: CodingWork, recipe: str, options: Mapping[str, JsonValue], bench: Bench) -> CodingWork:
    """Return the work with what a recipe builds on top of it, proved there; or why that is nothing."""
    on_top = replace(bench, repository=WithFiles(bench.repository, work.files))
    more = built(TaskType.EXTEND, RecipeArguments(recipe=recipe, options=dict(options)), on_top)
    if more.reason is not None:
        words = f"The code is ready, but not its {recipe}: {more.reason.message}"
        return CodingWork(story=(*work.story, *more.story), reason=Reason(more.reason.code, words))
    return replace(work, files={**work.files, **more.files}, story=(*work.story, *more.story))


DEFINITION = CodingTask(
    name="both",
    about="Build or repair code, and let Grace watch and heal what runs it: a cause, its probe and a playbook.",
    arguments=BothArguments,
    run=_run,
)
