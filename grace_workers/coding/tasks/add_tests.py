"""`add_tests`: a file of tests for each module, of calls that distinguish the code from mutants of it."""

from dataclasses import replace
from itertools import chain, count
from typing import Annotated

from pydantic import Field

from grace_workers.coding.baseline import command_of, renew
from grace_workers.coding.copy_file import write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.suite_writing.writing import Writing, WrittenTests
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.suite import PytestCommand, RecordingPlan, Suite
from grace_workers.coding.task import Bench, CodingTask, CodingWork
from grace_workers.foundation.document import Document

_SOURCES = ("src/", "lib/")
_FOLDERS = ("tests", "test")


class AddTestsArguments(Document):
    """The files to write tests for, relative to the root of the repository."""

    files: Annotated[tuple[Annotated[str, Field(pattern=r"\.py$", max_length=500)], ...], Field(min_length=1)]


def _run(arguments: AddTestsArguments, bench: Bench) -> CodingWork:
    command = command_of(bench.command)
    if isinstance(command, Reason):
        return CodingWork(reason=command)
    made: dict[str, bytes] = {}
    story: list[str] = []
    reason: Reason | None = None
    for file in arguments.files:
        seconds = bench.seconds / len(arguments.files)
        found = _written(file, bench, command, seconds)
        if isinstance(found, Reason):
            reason = found
            story.append(f"{file}: {found.message}")
            continue
        name, written = found
        made[name] = written.content.encode()
        story += _told(file, name, written)
    if not made:
        return CodingWork(story=tuple(story), reason=reason)
    subject = f"Add tests of {', '.join(arguments.files)}"[:200]
    return CodingWork(files=made, subject=subject, story=tuple(story))


def _told(file: str, name: str, written: WrittenTests) -> list[str]:
    return [
        f"{file}: {written.tried} calls were tried against {written.mutants} mutants that no test noticed before",
        f"{name} holds {written.tests} of them; together they kill {written.killed}, and each kills one by itself",
        "the file passed ten times, under ten hash seeds and in two orders",
    ]


def _written(file: str, bench: Bench, command: PytestCommand, seconds: float) -> tuple[str, WrittenTests] | Reason:
    deadline = Deadline.after(seconds * 0.95 - 1.0, bench.workshop.clock)
    with bench.workshop.scratch() as scratch:
        folder = scratch / "tree"
        names = renew(bench.repository, folder)
        if file not in names or is_protected(file):
            return Reason(ReasonCode.UNSUPPORTED, f"{file} is no Python file of the code in this repository.")
        module = _module(file)
        target = _free(module, names)
        whole = Suite(sandbox=bench.workshop.sandbox, command=command, folder=folder, scratch=scratch / "files")
        own = replace(whole, command=_alone(command, target))
        others = whole if any(_is_test(name) for name in names) else None
        written = Writing(suite=own, module=module, file=target, deadline=deadline, others=others).run()
        if isinstance(written, Reason):
            return written
        objection = _objection(whole, written.content, deadline, target)
        return objection or (target, written)


def _alone(command: PytestCommand, target: str) -> PytestCommand:
    """Return the command that runs one file, with the plugins that the given one asks for or refuses."""
    given = command.arguments
    plugins = [word for at, name in enumerate(given[:-1]) if name == "-p" for word in ("-p", given[at + 1])]
    return PytestCommand(command.python, ("-q", *plugins, "-o", "addopts=", "-o", "pythonpath=. src lib", target))


def _objection(whole: Suite, content: str, deadline: Deadline, target: str) -> Reason | None:
    """Return what the whole suite has against the new file, as far as its command collects the file."""
    write_file(whole.folder, target, content.encode())
    after = whole.record(deadline, how=RecordingPlan(allowance=20.0, seed=3))
    # A file that cannot be collected beside the others has no test, and fails under its own name.
    failing = [] if after is None else [run.name for run in after.failing if run.name.partition("::")[0] == target]
    if not failing:
        return None
    return Reason(ReasonCode.BROKE_TESTS, f"Beside the other tests, {failing[0]} fails; it depends on their state.")


def _module(file: str) -> str:
    for folder in _SOURCES:
        file = file.removeprefix(folder)
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _free(module: str, names: tuple[str, ...]) -> str:
    """Return a path for the new file, beside the other tests. Pytest imports only one file of a name."""
    folder = next((f"{one}/" for one in _FOLDERS if any(name.startswith(f"{one}/") for name in names)), "tests/")
    words = module.replace(".", "_")
    more = (f"{words}_{number}" for number in count(2))
    tries = (f"{folder}test_{one}.py" for one in chain((module.rpartition(".")[2], words), more))
    taken = {name.rpartition("/")[2] for name in names}
    return next(one for one in tries if one.rpartition("/")[2] not in taken)


def _is_test(name: str) -> bool:
    return is_protected(name) and name.rpartition("/")[2].startswith("test")


DEFINITION = CodingTask(
    name="add_tests",
    about="Write tests that notice mutants of the code which no test notices.",
    arguments=AddTestsArguments,
    run=_run,
)
