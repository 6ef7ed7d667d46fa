"""Undertaking a task: the kind of work runs, and the hunter reads every change before anyone may use it."""

from collections.abc import Mapping
from dataclasses import replace

from grace_workers.coding.catalogs import coding_tasks, hunter_rules
from grace_workers.coding.hunter.hunt import hunt_change
from grace_workers.coding.patch import diff_of, diff_of_new
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.task import AnyTask, Bench, CodingWork, TaskMode
from grace_workers.foundation.document import JsonValue

_MOST_SHOWN = 3
_LIKELY, _SMALL = 0.8, 20


def task_of(kind: str) -> AnyTask:
    """Return the task of a kind of work."""
    return coding_tasks()[kind]


def undertake(kind: str, arguments: Mapping[str, JsonValue], bench: Bench) -> CodingWork:
    """Return the work, unless the hunter finds a danger in it.

    Raises:
        InputError: the arguments do not fit the task.
    """
    task = task_of(kind)
    work: CodingWork = task.run(task.arguments.read(dict(arguments), f"arguments of {kind}"), bench)
    if work.reason is not None or not work.files:
        return work
    try:
        danger = _danger(work)
    except UnicodeDecodeError:
        return _refused(work, Reason(ReasonCode.UNREADABLE, "A file that the patch changes is not UTF-8."))
    if danger:
        return _refused(work, Reason(ReasonCode.UNSAFE, f"The hunter refuses the patch: {danger}."))
    return replace(work, story=(*work.story, "the hunter finds no danger in the patch"))


def patch_of(work: CodingWork) -> str:
    """Return the work as one diff."""
    return "".join(
        diff_of(name, work.before[name], content) if name in work.before else diff_of_new(name, content)
        for name, content in sorted(work.files.items())
    )


def settled(mode: TaskMode, work: CodingWork) -> TaskMode:
    """Return the mode that the work allows; by AUTO only a small patch without rivals is merged."""
    if work.review_only and mode is not TaskMode.SANDBOX:
        return TaskMode.REVIEW
    if mode is not TaskMode.AUTO:
        return mode
    rows = patch_of(work).splitlines()
    size = sum(row[:1] in {"+", "-"} and row[:3] not in {"+++", "---"} for row in rows)
    certain = work.likelihood is None or work.likelihood >= _LIKELY
    return TaskMode.LIVE if certain and size <= _SMALL and work.level.value == "safe" else TaskMode.REVIEW


def _danger(work: CodingWork) -> str:
    found = [
        one
        for name, content in work.files.items()
        for one in hunt_change(name, work.before.get(name, b"").decode(), content.decode(), hunter_rules())
    ]
    return "; ".join(f"{one.file}:{one.line}: {one.why}" for one in found[:_MOST_SHOWN])


def _refused(work: CodingWork, reason: Reason) -> CodingWork:
    return CodingWork(story=work.story, reason=reason, candidates=work.candidates)
