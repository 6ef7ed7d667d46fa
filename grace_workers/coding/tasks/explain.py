"""`explain`: what a name or a traceback is about, from the index and the history. It changes nothing."""

from dataclasses import replace
from typing import Self

from pydantic import Field, model_validator

from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.explaining.explanation import Explaining, Explanation
from grace_workers.coding.engines.explaining.prose import in_prose
from grace_workers.coding.engines.index.keeping import IndexedCommit, indexed
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.task import Bench, CodingTask, CodingWork
from grace_workers.foundation.document import Document
from grace_workers.signals import raised_in

_RESERVE = 1.5


class ExplainArguments(Document):
    """`subject` is a file, `FILE::NAME` or a dotted name, or its last part; `traceback` an error as it was logged."""

    subject: str = Field(default="", max_length=500)
    traceback: str = Field(default="", max_length=65_536)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.subject) == bool(self.traceback):
            raise ValueError("give `subject` or `traceback`, and only one")
        return self


def _run(arguments: ExplainArguments, bench: Bench) -> CodingWork:
    deadline = Deadline.after(bench.seconds * 0.95 - _RESERVE, bench.workshop.clock)
    known = indexed(bench.repository, bench.workshop.indexes, bench.workshop.version)
    explaining = Explaining(known, bench.repository)
    if arguments.subject:
        found = explaining.of_name(arguments.subject)
    else:
        trouble = raised_in(arguments.traceback)
        if trouble is None:
            return CodingWork(reason=Reason(ReasonCode.NOT_FOUND, "The text holds no traceback of Python with frames."))
        found = explaining.of_trouble(trouble)
    if isinstance(found, Reason):
        return CodingWork(story=_of_index(known), reason=found)
    text = explaining.code_of(found)
    found = replace(found, knowledge=tuple(bench.knowledge(f"{arguments.traceback}\n{found.about}\n{text}")))
    story = _of_index(known)
    if bench.workshop.model is not None:
        prose, told = in_prose(bench.workshop.model, found, text, deadline)
        found, story = replace(found, prose=prose), (*story, *told)
    return CodingWork(answer=found.plain(), subject=_headline(found), story=story)


def _of_index(known: IndexedCommit) -> tuple[str, ...]:
    told = f"commit {known.commit[:12]}: {known.parsed} files were read, {known.kept} were known from before"
    return (told, f"the index could not be kept: {known.unkept}") if known.unkept else (told,)


def _headline(found: Explanation) -> str:
    return f"{found.kind} {found.place}, lines {found.first} to {found.last}"[:200]


DEFINITION = CodingTask(
    name="explain",
    about="Say what a name or a traceback is about: definition, callers, callees, tests, owners, changes.",
    arguments=ExplainArguments,
    run=_run,
)
