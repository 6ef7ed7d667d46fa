"""Refactoring of a repository: an intent over its texts, then the gate that runs the suite before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grace_workers.coding.baseline import command_of, opened_clean, renew
from grace_workers.coding.copy_file import write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.intents.intent import AnyIntent, IntentOptions, SafetyLevel, SourceTexts, refactored
from grace_workers.coding.patch import diff_of, diff_of_new
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recording import Recording
from grace_workers.coding.repository import Repository
from grace_workers.coding.suite import PytestCommand, RecordingPlan, Suite
from grace_workers.coding.type_check import TypeCheck
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.errors import PermanentError

_LARGEST = 1 << 20
_NOTHING_COLLECTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refactoring:
    """The request: an intent over targets. Without a command nothing of the repository runs."""

    intent: AnyIntent
    targets: Sequence[str]
    options: IntentOptions
    test_command: Sequence[str] | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RefactorReport:
    """What was changed and what was not. Every target is in exactly one of `applied` and `refused`."""

    diff: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    applied: tuple[str, ...] = ()
    refused: Mapping[str, Reason] = field(default_factory=dict)
    level: SafetyLevel = SafetyLevel.SAFE


def refactor(repo: Path, asked: Refactoring, workshop: Workshop) -> RefactorReport:
    """Return the edit of a checkout without changes, verified by the suite if a command is given."""
    repository = opened_clean(workshop, repo)
    if isinstance(repository, Reason):
        return _refused(asked.targets, repository)
    return refactor_in(repository, asked, workshop)


def refactor_in(repository: Repository, asked: Refactoring, workshop: Workshop) -> RefactorReport:
    """Return the edit of a repository, verified by the suite if a command is given; it stays as it is."""
    deadline = Deadline.after(asked.seconds, workshop.clock)
    with workshop.scratch() as scratch:
        tree = scratch / "tree"
        names = renew(repository, tree)
        types = TypeCheck(sandbox=workshop.sandbox, folder=tree, scratch=scratch / "typing", deadline=deadline)
        made = _made(asked, types, names, asked.targets)
        if asked.test_command is None or not made.applied:
            return made
        command = command_of(asked.test_command)
        if isinstance(command, Reason):
            return _refused(asked.targets, command)
        gate = _Gate(workshop, repository, command, types, scratch)
        before = gate.run({})
        if isinstance(before, Reason):
            return _refused(asked.targets, before)
        return _gated(asked, made, gate, before)


def _gated(asked: Refactoring, made: RefactorReport, gate: "_Gate", before: Recording) -> RefactorReport:
    """Return what passes the gate: everything, or the targets that pass it one after another."""
    fault = gate.fault(before, made.files)
    if fault is None:
        return made
    refused = dict(made.refused)
    kept: list[str] = []
    best = RefactorReport()
    singles = [] if asked.intent.joint or len(made.applied) == 1 else made.applied
    for target in singles:
        one = _made(asked, gate.types, renew(gate.repository, gate.types.folder), [*kept, target])
        why = gate.fault(before, one.files)
        if why is None and one.files:
            kept.append(target)
            best = one
        else:
            refused[target] = why or Reason(ReasonCode.NOTHING_TO_DO, f"Without the others, {target} stays as it is.")
    refused.update({} if singles else dict.fromkeys(made.applied, fault))
    return RefactorReport(diff=best.diff, files=best.files, applied=tuple(kept), refused=refused, level=best.level)


def _made(asked: Refactoring, types: TypeCheck, names: Sequence[str], targets: Sequence[str]) -> RefactorReport:
    tree = types.folder
    texts = SourceTexts([name for name in names if _is_python(tree / name)], lambda name: _text(tree / name), types)
    allowed = [one for one in targets if not is_protected(one.partition("::")[0])]
    result = refactored(asked.intent, texts, allowed, asked.options) if allowed else None
    message = "Tests and their configuration are not refactored."
    refused = {one: Reason(ReasonCode.UNSUPPORTED, message) for one in targets if one not in allowed}
    if result is None:
        return RefactorReport(refused=refused)
    files = {name: text.encode() for name, text in sorted(texts.changed.items())}
    diff = "".join(_diff(tree, name, content) for name, content in files.items())
    return RefactorReport(
        diff=diff, files=files, applied=tuple(result.applied), refused={**refused, **result.refused}, level=result.level
    )


def _diff(tree: Path, name: str, content: bytes) -> str:
    if (tree / name).is_file():
        return diff_of(name, (tree / name).read_bytes(), content)
    return diff_of_new(name, content)


def _is_python(path: Path) -> bool:
    return path.suffix == ".py" and path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _refused(targets: Sequence[str], reason: Reason) -> RefactorReport:
    return RefactorReport(refused=dict.fromkeys(targets, reason))


@dataclass(frozen=True, slots=True)
class _Gate:
    """Runs the suite over a fresh copy with files changed."""

    workshop: Workshop
    repository: Repository
    command: PytestCommand
    types: TypeCheck
    scratch: Path

    def run(self, files: Mapping[str, bytes]) -> Recording | Reason:
        tree = self.types.folder
        renew(self.repository, tree)
        suite = Suite(sandbox=self.workshop.sandbox, command=self.command, folder=tree, scratch=self.scratch / "files")
        try:
            for name, content in files.items():
                write_file(tree, name, content)
            found = suite.record(self.types.deadline, how=RecordingPlan(allowance=60.0))
        except PermanentError as error:
            return Reason(ReasonCode.SANDBOX, f"The tests cannot be run: {error}.")
        renew(self.repository, tree)
        if found is None:
            return Reason(ReasonCode.HANGS, "The suite does not end within the budget.")
        if found.code == _NOTHING_COLLECTED or not found.runs:
            return Reason(ReasonCode.NO_TESTS, "The test command collects no test.")
        return found

    def fault(self, before: Recording, files: Mapping[str, bytes]) -> Reason | None:
        """Return the suite's objection to the files, or None."""
        after = self.run(files)
        if isinstance(after, Reason):
            code = ReasonCode.BUDGET if after.code == ReasonCode.HANGS else ReasonCode.BROKE_TESTS
            return Reason(code, f"With the edit: {after.message}")
        broken = [one for one in before.unlike(after) if one not in {run.name for run in before.failing}]
        if not broken:
            return None
        return Reason(ReasonCode.BROKE_TESTS, f"The edit was taken back, because it changes {', '.join(broken[:3])}.")
