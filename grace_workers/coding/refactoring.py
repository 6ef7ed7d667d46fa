"""Refactoring of a repository: an intent over its texts, then the gate that runs the suite before and after."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from grace_workers.coding.baseline import command_of, no_tests, opened_clean, renew, unended
from grace_workers.coding.copy_file import write_file
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.intents.intent import (
    AnyIntent,
    IntentOptions,
    SafetyLevel,
    SourceTexts,
    TargetGroup,
    grouped,
    refactored_groups,
)
from grace_workers.coding.patch import diff_of, diff_of_new
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recording import Recording
from grace_workers.coding.repository import Repository, WithFiles
from grace_workers.coding.suite import PytestCommand, RecordingPlan, Suite
from grace_workers.coding.type_check import TypeCheck
from grace_workers.coding.workshop import Workshop
from grace_workers.foundation.errors import PermanentError

_LARGEST = 2 << 20
_OUT_OF_TIME = Reason(ReasonCode.BUDGET, "The time is over.")
_SEARCH, _SEARCH_BEFORE_SUITES = 0.85, 0.65
"""The shares of the time that checks of types may take, without and with a suite that runs twice afterwards."""


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
        return RefactorReport(refused=dict.fromkeys(asked.targets, repository))
    with refactorer(repository, workshop, asked.test_command, asked.seconds) as made:
        return made.do(asked.intent, grouped(asked.intent, asked.targets), asked.options)


@contextmanager
def refactorer(
    repository: Repository, workshop: Workshop, command: Sequence[str] | None, seconds: float
) -> Iterator["Refactorer"]:
    """Give what refactors copies of a repository, which stays as it is."""
    with workshop.scratch() as scratch:
        made = Refactorer(
            workshop=workshop,
            repository=repository,
            command=command,
            scratch=scratch,
            deadline=Deadline.after(seconds, workshop.clock),
        )
        try:
            yield made
        finally:
            made.close()


@dataclass(slots=True, kw_only=True)
class Refactorer:
    """Applies one intent after another to copies of a repository; `files` are the changes so far."""

    workshop: Workshop
    repository: Repository
    command: Sequence[str] | None
    scratch: Path
    deadline: Deadline
    files: dict[str, bytes] = field(default_factory=dict)
    _before: Recording | Reason | None = None
    _types: TypeCheck | None = None

    @property
    def tree(self) -> Path:
        """The folder of the copy that is worked on."""
        return self.scratch / "tree"

    def texts(self) -> SourceTexts:
        """Return the texts of a fresh copy with the changes so far."""
        tree = self.tree
        self.close()
        names = renew(WithFiles(self.repository, self.files), tree)
        share = _SEARCH_BEFORE_SUITES if self.command else _SEARCH
        deadline = replace(self.deadline, seconds=self.deadline.seconds * share)
        self._types = TypeCheck(
            sandbox=self.workshop.sandbox, folder=tree, scratch=self.scratch / "typing", deadline=deadline
        )
        readable = [name for name in names if _is_python(tree / name)]
        return SourceTexts(readable, lambda name: _text(tree / name), self._types)

    def close(self) -> None:
        """End what still runs of the checks of types."""
        if self._types is not None:
            self._types.close()

    def do(self, intent: AnyIntent, groups: Sequence[TargetGroup], options: IntentOptions) -> RefactorReport:
        """Return the edit that the gate lets pass, and keep it: of all groups, or of one after another."""
        if self.deadline.left <= 0:
            return RefactorReport(refused={target: _OUT_OF_TIME for group in groups for target in group})
        made = self._made(intent, groups, options)
        fault = self._objection(made)
        if fault is None:
            self.files.update(made.files)
            return made
        changed = [one for one in groups if set(one) <= set(made.applied)]
        singles = changed if len(changed) > 1 and isinstance(self._before, Recording) else []
        refused = dict(made.refused)
        kept: list[TargetGroup] = []
        best = RefactorReport()
        for group in singles:
            if self.deadline.left <= 0:
                refused.update(dict.fromkeys(group, _OUT_OF_TIME))
                continue
            one = self._made(intent, [*kept, group], options)
            why = self._objection(one)
            if why is None and one.files:
                kept.append(group)
                best = one
            else:
                told = f"Without the others, {group[0]} stays as it is."
                refused.update(dict.fromkeys(group, why or Reason(ReasonCode.NOTHING_TO_DO, told)))
        refused.update({} if singles else dict.fromkeys(made.applied, fault))
        applied = tuple(dict.fromkeys(target for group in kept for target in group))
        self.files.update(best.files)
        left = {target: why for target, why in refused.items() if target not in applied}
        return RefactorReport(diff=best.diff, files=best.files, applied=applied, refused=left, level=best.level)

    def _made(self, intent: AnyIntent, groups: Sequence[TargetGroup], options: IntentOptions) -> RefactorReport:
        texts = self.texts()
        allowed = [one for one in groups if not any(is_protected(target.partition("::")[0]) for target in one)]
        result = refactored_groups(intent, texts, allowed, options)
        reason = Reason(ReasonCode.UNSUPPORTED, "Tests and their configuration are not refactored.")
        refused = {target: reason for one in groups if one not in allowed for target in one}
        files = {name: text.encode() for name, text in sorted(texts.changed.items())}
        return RefactorReport(
            diff="".join(self._diff(name, content) for name, content in files.items()),
            files=files,
            applied=tuple(result.applied),
            refused={**refused, **result.refused},
            level=result.level,
        )

    def _diff(self, name: str, content: bytes) -> str:
        before = self.tree / name
        return diff_of(name, before.read_bytes(), content) if before.is_file() else diff_of_new(name, content)

    def _objection(self, made: RefactorReport) -> Reason | None:
        """Return what the suite says against an edit on top of the changes so far, or None."""
        if self.command is None or not made.files:
            return None
        command = command_of(self.command)
        if isinstance(command, Reason):
            return command
        if self._before is None:
            self._before = self._run(command, {})
        if isinstance(self._before, Reason):
            return self._before
        after = self._run(command, {**self.files, **made.files})
        if isinstance(after, Reason):
            code = ReasonCode.BUDGET if after.code == ReasonCode.HANGS else ReasonCode.BROKE_TESTS
            return Reason(code, f"With the edit: {after.message}")
        failing = {run.name for run in self._before.failing}
        broken = [one for one in self._before.unlike(after) if one not in failing]
        if not broken:
            return None
        return Reason(ReasonCode.BROKE_TESTS, f"The edit was taken back, because it changes {', '.join(broken[:3])}.")

    def _run(self, command: PytestCommand, files: Mapping[str, bytes]) -> Recording | Reason:
        renew(self.repository, self.tree)
        suite = Suite(sandbox=self.workshop.sandbox, command=command, folder=self.tree, scratch=self.scratch / "files")
        try:
            for name, content in files.items():
                write_file(self.tree, name, content)
            found = suite.record(self.deadline, how=RecordingPlan(allowance=60.0))
        except PermanentError as error:
            return Reason(ReasonCode.SANDBOX, f"The tests cannot be run: {error}.")
        if found is None:
            return unended(self.deadline)
        return no_tests(found) or found


def _is_python(path: Path) -> bool:
    return path.suffix == ".py" and path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")
