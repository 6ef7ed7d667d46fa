"""`optimise`: code becomes faster where that is measured, its results stay, and the suite accepts it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from grace_workers.coding.baseline import command_of, no_tests, renew, unended
from grace_workers.coding.catalogs import optimisations_of_code
from grace_workers.coding.copy_file import read_file, write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.optimising.optimising import Optimising
from grace_workers.coding.functions import FunctionIndex
from grace_workers.coding.intents.intent import SafetyLevel
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recording import Recording
from grace_workers.coding.suite import RecordingPlan, Suite
from grace_workers.coding.task import Bench, CodingTask, CodingWork
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError

_Target = Annotated[str, Field(pattern=r"\.py(::[\w.]+)?$", max_length=500)]
_Found = Mapping[str, Optimising]


class OptimiseArguments(Document):
    """What to make faster: `FILE` or `FILE::FUNCTION`. `benchmark` is a file of the repository that defines `run()`."""

    targets: Annotated[tuple[_Target, ...], Field(min_length=1)]
    benchmark: str = Field(default="", pattern=r"^$|\.py$", max_length=500)


def _run(arguments: OptimiseArguments, bench: Bench) -> CodingWork:
    try:
        return _worked(arguments, bench)
    except PermanentError as error:
        return CodingWork(reason=Reason(ReasonCode.SANDBOX, f"The tests cannot be run: {error}."))
    except (SyntaxError, UnicodeDecodeError, RecursionError, MemoryError) as error:
        why = str(error) or "it nests too deeply"
        return CodingWork(reason=Reason(ReasonCode.UNREADABLE, f"A target cannot be read: {why}."))


def _worked(arguments: OptimiseArguments, bench: Bench) -> CodingWork:
    command = command_of(bench.command)
    if isinstance(command, Reason):
        return CodingWork(reason=command)
    deadline = Deadline.after(bench.seconds * 0.95 - 1.0, bench.workshop.clock)
    with bench.workshop.scratch() as scratch:
        suite = Suite(
            sandbox=bench.workshop.sandbox, command=command, folder=scratch / "before", scratch=scratch / "files"
        )
        trees = [suite, replace(suite, folder=scratch / "after", scratch=scratch / "more")]
        _, names = (renew(bench.repository, one.folder) for one in trees)
        unknown = [one for one in (*arguments.targets, arguments.benchmark) if one and not _is_there(one, names)]
        if unknown:
            message = f"{unknown[0]} is no Python file of the code in this repository."
            return CodingWork(reason=Reason(ReasonCode.UNSUPPORTED, message))
        recorded = trees[0].record(deadline, how=RecordingPlan(allowance=20.0))
        # What the suite took, three times, is kept for its second run.
        reserve = min(3 * deadline.spent + 5, deadline.seconds / 2)
        working = replace(deadline, seconds=deadline.seconds - reserve)
        if recorded is None:
            return CodingWork(reason=unended(deadline))
        if reason := no_tests(recorded):
            return CodingWork(reason=reason)
        originals = {one: read_file(trees[0].folder, one) for one in {t.partition("::")[0] for t in arguments.targets}}
        renew(bench.repository, trees[0].folder)
        found = _optimised(arguments, trees, originals, working)
        return _judged(bench, trees[1], found, originals, recorded, deadline)


def _optimised(
    arguments: OptimiseArguments, trees: list[Suite], originals: Mapping[str, bytes], deadline: Deadline
) -> _Found:
    found: dict[str, Optimising] = {}
    for target in arguments.targets:
        file, _, named = target.partition("::")
        if file not in found:
            found[file] = Optimising(
                trees[0], trees[1], file, originals[file].decode(), arguments.benchmark, deadline,
                list(optimisations_of_code()),
            )  # fmt: skip
        for function in [named] if named else list(_functions(originals[file])):
            found[file].run(function)
        write_file(trees[1].folder, file, found[file].text.encode())
    return found


def _judged(
    bench: Bench, suite: Suite, found: _Found, originals: Mapping[str, bytes], before: Recording, deadline: Deadline
) -> CodingWork:
    """Return the files that became faster, if the suite has the same results with them."""
    made = {name: one.text.encode() for name, one in found.items() if one.text.encode() != originals[name]}
    story = tuple(line for one in found.values() for line in one.story)
    tried = sum(one.tried for one in found.values())
    if not made:
        return CodingWork(reason=_nothing(found, tried), candidates=tried)
    renew(bench.repository, suite.folder)
    for name, content in made.items():
        write_file(suite.folder, name, content)
    after = suite.record(deadline, how=RecordingPlan(allowance=20.0, seed=1))
    unlike = ("the suite, which does not end,",) if after is None else before.unlike(after)
    if unlike:
        message = f"The changes were taken back, because they change {', '.join(unlike[:3])}."
        return CodingWork(story=story, reason=Reason(ReasonCode.BROKE_TESTS, message), candidates=tried)
    return CodingWork(
        files=made,
        before={name: originals[name] for name in made},
        subject=f"Make {', '.join(sorted(made))} faster"[:200],
        story=(*story, "the calls give the same results, and the suite has the same results before and after"),
        level=SafetyLevel.UNSAFE
        if any(one.level is SafetyLevel.UNSAFE for one in found.values())
        else SafetyLevel.SAFE,
        candidates=tried,
    )


def _nothing(found: _Found, tried: int) -> Reason:
    if any(one.deadline.left <= 1 for one in found.values()):
        message = "The time was over before every change was measured, and none had won; give the task more seconds."
        return Reason(ReasonCode.BUDGET, message)
    if tried:
        return Reason(ReasonCode.NOT_FOUND, f"None of the {tried} changes that were tried is measurably faster.")
    if any(one.unmeasured for one in found.values()):
        message = "No test calls the function with arguments that can be copied; give a benchmark, a file with `run()`."
        return Reason(ReasonCode.NOT_FOUND, message)
    return Reason(ReasonCode.NOTHING_TO_DO, "No known pattern of slow code is there.")


def _functions(source: bytes) -> Iterator[str]:
    yield from dict.fromkeys(one.name for one in FunctionIndex(source).all if one.node is not None)


def _is_there(target: str, names: tuple[str, ...]) -> bool:
    file = target.partition("::")[0]
    return file in names and not is_protected(file)


DEFINITION = CodingTask(
    name="optimise",
    about="Make code faster where that is measured, with the same results.",
    arguments=OptimiseArguments,
    run=_run,
)
