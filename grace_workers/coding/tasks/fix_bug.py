"""`fix_bug`: a patch for what failing tests show, or for an error that was reported, which gets a test first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from grace_workers.coding.baseline import established
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.model.conversation import Proposed
from grace_workers.coding.engines.model.repairing import asked_for_patch
from grace_workers.coding.engines.repair.repair import repaired
from grace_workers.coding.engines.repair.report import RepairReport
from grace_workers.coding.engines.repair.reverting import Reverted, reverted
from grace_workers.coding.engines.reproduction.reproduce import Reproducing, Reproduction, reproduce
from grace_workers.coding.engines.reproduction.trouble import error_of, words_of
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.repository import WithFiles
from grace_workers.coding.task import Bench, CodingTask, CodingWork
from grace_workers.foundation.document import Document
from grace_workers.signals import Raised, raised_in

_RESERVE, _SEARCHING, _BEFORE_MODEL = 1.5, 0.8, 0.5


class FixBugArguments(Document):
    """`suspects` limit what is edited to `FILE::FUNCTION`; `traceback` is an error as it was logged."""

    suspects: Annotated[tuple[Annotated[str, Field(max_length=500)], ...], Field(min_length=1)] | None = None
    traceback: str = Field(default="", max_length=65_536)


@dataclass(frozen=True, slots=True)
class _Reported:
    """A reported error by the name of its class, and calls that raise it again; empty for a failing test."""

    error: str = ""
    calls: tuple[str, ...] = ()


def _run(arguments: FixBugArguments, bench: Bench) -> CodingWork:
    deadline = Deadline.after(bench.seconds * 0.95 - _RESERVE, bench.workshop.clock)
    trouble = raised_in(arguments.traceback) if arguments.traceback else None
    if arguments.traceback and trouble is None:
        return CodingWork(reason=Reason(ReasonCode.NOT_FOUND, "The text holds no traceback of Python with frames."))
    if trouble is None:
        return _repaired(bench, deadline, {}, arguments.suspects)
    with bench.workshop.scratch() as scratch:
        shown = reproduce(
            trouble,
            Reproducing(
                workshop=bench.workshop, repository=bench.repository, command=bench.command, deadline=deadline,
                scratch=scratch, label=bench.label,
            ),
        )  # fmt: skip
    if isinstance(shown, Reason):
        return CodingWork(story=(f"reported: {words_of(trouble)}",), reason=shown)
    added = {shown.file: shown.content}
    work = _repaired(bench, deadline, added, arguments.suspects, _Reported(error_of(trouble), _calls_of(shown)))
    return replace(
        work,
        subject=f"Fix {words_of(trouble)} in {shown.target.partition('::')[2]}"[:200] if work.files else "",
        story=(*_of_test(trouble, shown), *work.story),
    )


def _of_test(trouble: Raised, shown: Reproduction) -> tuple[str, ...]:
    return (
        f"reported: {words_of(trouble)}",
        f"shown again by {', '.join(_calls_of(shown))}; {shown.file} holds these calls as a test",
        "that test says only that the call ends without the error, so a patch may change nothing else",
    )


def _calls_of(shown: Reproduction) -> tuple[str, ...]:
    function = shown.target.partition("::")[2]
    return tuple(f"{function}({one})" for one in shown.calls)


def _repaired(
    bench: Bench,
    deadline: Deadline,
    added: Mapping[str, bytes],
    suspects: tuple[str, ...] | None,
    reported: _Reported = _Reported(),
) -> CodingWork:
    repository = WithFiles(bench.repository, added)
    with bench.workshop.scratch() as scratch:
        baseline = established(bench.workshop, repository, bench.command, deadline, scratch)
        if isinstance(baseline, Reason):
            return CodingWork(reason=baseline)
        failing = [run.name for run in baseline.traced.failing]
        model = bench.workshop.model
        share = _SEARCHING if model is None else _BEFORE_MODEL
        search = Deadline(deadline.clock, deadline.began, deadline.seconds * share)
        report = repaired(baseline, search, suspects, error=reported.error)
        written = Proposed()
        if model is not None and not report.verified:
            until = Deadline(deadline.clock, deadline.began, deadline.seconds * _SEARCHING)
            written = asked_for_patch(model, baseline, until, only=suspects, calls=reported.calls)
        before = {name: baseline.tree.read(name) for name in (*dict(report.files), *written.files)}
        undone = None if report.verified or written.files else reverted(baseline, deadline)
    story = (*_of_search(failing, report), *report.story, *written.story)
    if written.files:
        return _written(written, added, before, failing[0], story)
    if undone is not None:
        return _undone(undone, added, story)
    if not report.verified:
        unknown = Reason(ReasonCode.NOT_FOUND, "No patch was found.")
        return CodingWork(story=story, reason=report.reason or unknown, candidates=report.candidates)
    return CodingWork(
        files={**dict(report.files), **added},
        before=before,
        subject=f"Fix what {failing[0]} shows"[:200],
        story=story,
        likelihood=report.confidence,
        candidates=report.candidates,
        alternatives=report.patches[1:],
    )


def _written(
    written: Proposed, added: Mapping[str, bytes], before: Mapping[str, bytes], failing: str, story: tuple[str, ...]
) -> CodingWork:
    words = "the whole suite passes with the patch, twice; a language model wrote it, so a person must read it"
    return CodingWork(
        files={**written.files, **added},
        before=before,
        subject=f"Fix what {failing} shows"[:200],
        story=(*story, words),
        review_only=True,
    )


def _undone(undone: Reverted, added: Mapping[str, bytes], story: tuple[str, ...]) -> CodingWork:
    commit = f"{undone.commit.id[:12]} ({undone.commit.subject})"
    words = f"no edit was found, but without commit {commit} the whole suite passes; a revert may undo wanted work"
    return CodingWork(
        files={**undone.files, **added},
        before=undone.before,
        subject=f"Revert {commit}"[:200],
        story=(*story, words),
        review_only=True,
    )


def _of_search(failing: list[str], report: RepairReport) -> tuple[str, ...]:
    more = f" and {len(failing) - 3} more" if len(failing) > 3 else ""  # noqa: PLR2004 - as many as fit a line
    told = [f"failing before: {', '.join(failing[:3])}{more}", f"{report.candidates} changes were tried"]
    if report.verified:
        told.append("the whole suite passes with the patch, twice, in other orders of hashes; the same tests run")
        told.append(f"{len(report.patches) - 1} other patches pass as well; this one is the likeliest")
    if report.confidence is not None:
        told.append(f"{report.confidence:.0%} of the patches that pass, by weight, behave as this one does")
    return tuple(told)


DEFINITION = CodingTask(
    name="fix_bug", about="Repair what a failing test or a reported error shows.", arguments=FixBugArguments, run=_run
)
