"""One piece of work by a recipe: its files are written, and the suite tells what they do.

The new tests must fail without the new code and pass with it, twice; every test that was there must end as before.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from grace_workers.coding.baseline import command_of, renew
from grace_workers.coding.catalogs import coding_recipes
from grace_workers.coding.copy_file import read_file, write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import RecipeFiles, Site
from grace_workers.coding.recording import Recording
from grace_workers.coding.suite import PytestCommand, RecordingPlan, Suite
from grace_workers.coding.task import Bench, CodingWork, TaskType
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError, PermanentError

_SHOWN, _RESERVE = 3, 1.0


class RecipeArguments(Document):
    """A recipe by its name, and what it asks for."""

    recipe: str = Field(min_length=1, max_length=100)
    options: dict[str, JsonValue] = Field(default_factory=dict)


def built(task: TaskType, arguments: RecipeArguments, bench: Bench) -> CodingWork:
    """Return what a recipe of this kind of work builds, or why it does not."""
    offered = {one.name: one for one in coding_recipes() if one.task is task}
    if arguments.recipe not in offered:
        known = ", ".join(f"{name} ({one.about})" for name, one in offered.items())
        words = f"There is no recipe {arguments.recipe[:80]!r} for {task.value}; there are: {known}."
        return CodingWork(reason=Reason(ReasonCode.UNSUPPORTED, words))
    recipe = offered[arguments.recipe]
    try:
        options = recipe.options.read(dict(arguments.options), f"options of {recipe.name}")
    except InputError as error:
        return CodingWork(reason=Reason(ReasonCode.UNSUPPORTED, f"{error}."))
    try:
        return _built(recipe, options, bench)
    except PermanentError as error:
        return CodingWork(reason=Reason(ReasonCode.SANDBOX, f"The tests cannot be run: {error}."))


def _built(recipe: Any, options: Document, bench: Bench) -> CodingWork:
    command = command_of(bench.command)
    if isinstance(command, Reason):
        return CodingWork(reason=command)
    deadline = Deadline.after(bench.seconds * 0.95 - _RESERVE, bench.workshop.clock)
    with bench.workshop.scratch() as scratch:
        folder = scratch / "tree"
        names = renew(bench.repository, folder)
        written = recipe.build(options, Site(names, lambda name: read_file(folder, name)))
        if isinstance(written, Reason):
            return CodingWork(reason=written)
        earlier = {name: read_file(folder, name) for name in written.files if name in names}
        suite = Suite(sandbox=bench.workshop.sandbox, command=command, folder=folder, scratch=scratch / "files")
        against = _Proof(suite, bench, deadline, written).objection()
    if against is not None:
        return CodingWork(story=written.story, reason=against)
    return CodingWork(
        files={name: text.encode() for name, text in (*written.files.items(), *written.tests.items())},
        before=earlier,
        subject=written.subject[:200],
        story=(
            *written.story,
            f"its tests are in {', '.join(written.tests)}; they fail without the new code and pass with it, twice",
            "every test that was there before ends as before",
        ),
    )


class _Proof:
    """Runs the suite before and after, and the new tests without and with the new code."""

    def __init__(self, suite: Suite, bench: Bench, deadline: Deadline, written: RecipeFiles) -> None:
        self._suite, self._bench, self._deadline, self._written = suite, bench, deadline, written
        given = suite.command.arguments
        plugins = [word for at, name in enumerate(given[:-1]) if name == "-p" for word in ("-p", given[at + 1])]
        arguments = ("-q", *plugins, "-o", "addopts=", "-o", "pythonpath=. src lib", *written.tests)
        self._own = Suite(
            sandbox=suite.sandbox,
            command=PytestCommand(suite.command.python, arguments),
            folder=suite.folder,
            scratch=suite.scratch,
        )

    def objection(self) -> Reason | None:
        """Return what speaks against the files, if anything does."""
        known = self._run(self._suite, {}, seed=0)
        bare = self._run(self._own, self._written.tests, seed=0)
        if known is None or bare is None:
            return _late("the suite as it is and the new tests without the new code")
        if bare.passing and not bare.failing:
            return Reason(ReasonCode.PASSES_ALREADY, "The tests of the recipe pass without it, so it is there already.")
        return self._fails() or self._changes(known)

    def _fails(self) -> Reason | None:
        """Return how the new tests fail with the new code, in two orders of hashes."""
        for seed in (1, 2):
            mine = self._run(self._own, self._all, seed=seed)
            if mine is None:
                return _late("the new tests")
            if mine.failing or not mine.passing:
                return Reason(ReasonCode.BROKE_TESTS, f"What was built does not work here: {_told(mine)}.")
        return None

    def _changes(self, known: Recording) -> Reason | None:
        """Return which tests that were there end differently with the new code."""
        after = self._run(self._suite, self._all, seed=1)
        if after is None:
            return _late("the suite with what was built")
        changed = ", ".join([name for name in known.unlike(after) if name in known.runs][:_SHOWN])
        if not changed:
            return None
        return Reason(ReasonCode.BROKE_TESTS, f"With what was built, other tests end differently: {changed}.")

    @property
    def _all(self) -> Mapping[str, str]:
        return {**self._written.files, **self._written.tests}

    def _run(self, suite: Suite, files: Mapping[str, str], *, seed: int) -> Recording | None:
        renew(self._bench.repository, suite.folder)
        for name, text in files.items():
            write_file(suite.folder, name, text.encode())
        return suite.record(self._deadline, how=RecordingPlan(allowance=30.0, seed=seed))


def _late(what: str) -> Reason:
    return Reason(ReasonCode.HANGS, f"There was no time left for {what}; give the task more seconds.")


def _told(run: Recording) -> str:
    if not run.failing:
        return "pytest collects none of its tests"
    first = run.failing[0]
    said = " ".join(first.message.split())[:200]
    return f"{first.name} fails with {first.error}{f': {said}' if said else ''}"
