"""Tests for a module that has none."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from grace_workers.coding.baseline import opened_clean, renew
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.suite_writing.writing import Writing, WrittenTests
from grace_workers.coding.operations.operation import CodingOperation
from grace_workers.coding.reason import Reason
from grace_workers.coding.suite import PytestCommand, Suite
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.document import Document, JsonValue


class GenerateTestsArguments(Document):
    """A module by its dotted name, and the interpreter that can import it."""

    repo: Path
    module: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", max_length=300)
    python: Path
    budget_s: float = Field(gt=0, le=3600)


def tests_of(arguments: GenerateTestsArguments, workshop: Workshop) -> WrittenTests | Reason:
    """Return a file of tests, or why there is none, and leave nothing behind."""
    deadline = Deadline.after(arguments.budget_s * 0.95 - 1.5, workshop.clock)
    repository = opened_clean(workshop, arguments.repo)
    if isinstance(repository, Reason):
        return repository
    file = f"test_{arguments.module.replace('.', '_')}.py"
    with workshop.scratch() as scratch:
        folder = scratch / "tree"
        renew(repository, folder)
        python = PytestCommand(str(arguments.python), ("-q", "-o", "addopts=", "-o", "pythonpath=. src", file))
        suite = Suite(sandbox=workshop.sandbox, command=python, folder=folder, scratch=scratch / "files", plugins=False)
        return Writing(suite=suite, module=arguments.module, file=file, deadline=deadline).run()


def _run(arguments: GenerateTestsArguments, workshop: Workshop) -> Mapping[str, JsonValue]:
    written = tests_of(arguments, workshop)
    if isinstance(written, Reason):
        return {"test_file": None, "reason": dict(written.plain())}
    return {"test_file": written.content, "reason": None}


DEFINITION = CodingOperation(
    name="generate_tests", about="Write tests for a module.", arguments=GenerateTestsArguments, run=_run
)
