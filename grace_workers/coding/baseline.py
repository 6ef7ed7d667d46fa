"""Preparing a request: the repository is examined, copied, and its suite run twice."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grace_workers.coding.copy_file import read_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.left_out import LARGEST, is_generated, outside
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recording import Recording
from grace_workers.coding.repository import Checkout, Repository
from grace_workers.coding.suite import PytestCommand, RecordingPlan, Suite
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.errors import InputError, PermanentError

_NOTHING_COLLECTED, _USAGE, _INTERNAL = 5, 4, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The suite as it is. `traced` knows lines, `timed` how long tests take; `sources` are files that may change.

    `wall` are the seconds that the whole of `timed` took.
    """

    repository: Repository
    suite: Suite
    sources: tuple[str, ...]
    traced: Recording
    timed: Recording
    wall: float
    tree: SourceTree

    def renew(self) -> None:
        """Restore the copy, because tests may have written into it."""
        renew(self.repository, self.suite.folder)


def establish(
    workshop: Workshop, repo: Path, test_command: Sequence[str], deadline: Deadline, scratch: Path
) -> Baseline | Reason:
    """Examine the repository, run its suite twice in the sandbox, and return both runs, or why that is impossible."""
    opened = opened_clean(workshop, repo)
    return opened if isinstance(opened, Reason) else established(workshop, opened, test_command, deadline, scratch)


def established(
    workshop: Workshop, opened: Repository, test_command: Sequence[str], deadline: Deadline, scratch: Path
) -> Baseline | Reason:
    """Return the same for a repository that is opened, whose changes that are not committed don't count."""
    try:
        return _established(workshop, opened, test_command, deadline, scratch)
    except PermanentError as error:
        return Reason(ReasonCode.SANDBOX, f"The tests cannot be run: {error}.")


def _established(
    workshop: Workshop, opened: Repository, test_command: Sequence[str], deadline: Deadline, scratch: Path
) -> Baseline | Reason:
    command = command_of(test_command)
    if isinstance(command, Reason):
        return command
    folder = scratch / "tree"
    names = renew(opened, folder)
    suite = Suite(sandbox=workshop.sandbox, command=command, folder=folder, scratch=scratch / "files")
    sources = tuple(name for name in names if _may_change(folder, name))
    allowance = min(30.0, deadline.seconds / 10)
    traced = suite.record(
        deadline, how=RecordingPlan(files=sources, trace_seconds=deadline.seconds / 4, allowance=allowance)
    )
    if traced is None:
        return unended(deadline)
    if (refusal := _unfit(traced, folder)) is not None:
        return refusal
    renew(opened, folder)
    left = deadline.left
    timed = suite.record(deadline, how=RecordingPlan(allowance=allowance, hanging=traced.hanging, seed=1))
    wall = left - deadline.left
    if timed is None:
        return unended(deadline)
    renew(opened, folder)
    unlike = traced.unlike(timed)
    if unlike:
        return Reason(ReasonCode.UNSTABLE, f"two runs of the suite differ: {', '.join(unlike[:5])}")
    tree = SourceTree.of(lambda name: read_file(folder, name))
    return Baseline(repository=opened, suite=suite, sources=sources, traced=traced, timed=timed, wall=wall, tree=tree)


def _may_change(folder: Path, name: str) -> bool:
    """Return whether a patch may touch the file: Python that a person writes, of a usual size, and no link."""
    path = folder / name
    if not name.endswith(".py") or is_protected(name) or path.is_symlink() or path.stat().st_size > LARGEST:
        return False
    return not is_generated(read_file(folder, name))


def renew(repository: Repository, folder: Path) -> tuple[str, ...]:
    """Make `folder` a fresh copy; return its files."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    return repository.copy(folder)


def command_of(words: Sequence[str]) -> PytestCommand | Reason:
    """Return the test command, or why it cannot be run."""
    try:
        return PytestCommand.read(words)
    except InputError as error:
        return Reason(ReasonCode.UNSUPPORTED, f"{error}.")


def opened_clean(workshop: Workshop, repo: Path) -> Checkout | Reason:
    """Return the repository, or why nothing can be changed in it."""
    try:
        repository = workshop.open_repository(repo)
        dirt = repository.dirt()
    except InputError as error:
        return Reason(ReasonCode.NOT_A_REPOSITORY, f"{error}.")
    except PermanentError as error:
        return Reason(ReasonCode.UNREADABLE, f"{error}.")
    if dirt:
        return Reason(
            ReasonCode.DIRTY, f"uncommitted or untracked: {', '.join(dirt[:5])}; commit or remove them first."
        )
    return repository


def unended(deadline: Deadline) -> Reason:
    """Return why a suite did not come to its end: its interpreter ended before, or its time is over."""
    if deadline.left > 0:
        return Reason(ReasonCode.NO_TESTS, "The tests end their interpreter before they are over; run them by hand.")
    return Reason(ReasonCode.HANGS, "The suite does not end within the budget.")


def no_tests(recording: Recording) -> Reason | None:
    """Return why a run of the suite shows no test; None if it shows some."""
    if recording.code != _NOTHING_COLLECTED and recording.runs:
        return None
    told = {
        _NOTHING_COLLECTED: "The test command collects no test",
        _USAGE: "pytest refused the test command; run it by hand to see why",
        _INTERNAL: "pytest itself failed; run the test command by hand to see why",
    }
    ended = f"pytest ended with exit code {recording.code} before any test; run the test command by hand to see why"
    return Reason(ReasonCode.NO_TESTS, f"{told.get(recording.code, ended)}.")


def _unfit(recording: Recording, folder: Path) -> Reason | None:
    """Return why there is nothing to repair, or no evidence to repair by."""
    if untested := no_tests(recording):
        return untested
    if not recording.failing:
        count = len(recording.passing)
        return Reason(
            ReasonCode.PASSES_ALREADY, f"All {count} tests pass on the repository as it is; nothing shows the fault."
        )
    beyond = outside(recording, folder)
    if len(beyond) == len(recording.failing):
        name, why = next(iter(beyond.items()))
        return Reason(
            ReasonCode.UNSUPPORTED, f"{name} {why}; nothing else fails. Leave it out with: -- --deselect {name}."
        )
    return None
