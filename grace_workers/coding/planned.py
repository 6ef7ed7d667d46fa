"""A plan of intents over many files: each step on top of those before, and only what the suite accepts stays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import takewhile

from grace_workers.coding.intents.intent import (
    AnyIntent,
    IntentOptions,
    SafetyLevel,
    SourceTexts,
    TargetGroup,
    grouped,
)
from grace_workers.coding.plan_step import PlanStep
from grace_workers.coding.protected import is_protected
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.refactoring import Refactorer
from grace_workers.coding.rewriting.callers import functions_of

_MOST_PASSES = 3
_MOST_COMPARED = 1_000
_LINES = ("first_line", "last_line", "line")
_FINAL = {ReasonCode.BROKE_TESTS, ReasonCode.BUDGET, ReasonCode.SANDBOX, ReasonCode.NO_TESTS}


@dataclass(slots=True, kw_only=True)
class StepReport:
    """What became of one step: targets that changed, why others did not, and the highest level of its edits."""

    step: PlanStep
    applied: list[str] = field(default_factory=list)
    refused: dict[str, Reason] = field(default_factory=dict)
    level: SafetyLevel = SafetyLevel.SAFE


@dataclass(frozen=True, slots=True)
class PlannedIntent:
    """A step with its intent and its options as the intent reads them."""

    step: PlanStep
    intent: AnyIntent
    options: IntentOptions


def carried_out(steps: Sequence[PlannedIntent], refactorer: Refactorer) -> Sequence[StepReport]:
    """Return what became of each step; the changes are in `refactorer.files`.

    A step may open the way for another, so a plan of several is gone through until nothing changes. Steps about a place
    in a text run once.
    """
    original = refactorer.texts()
    before = {name: text for name in original if (text := _text(original, name)) is not None}
    reports = [StepReport(step=one.step) for one in steps]
    for number in range(_MOST_PASSES if steps[1:] else 1):
        changed = False
        for one, report in zip(steps, reports, strict=True):
            if number == 0 or one.intent.find is not None:
                changed |= _do(one, report, reports, refactorer, before)
        if not changed:
            break
    return reports


def _do(
    bound: PlannedIntent,
    report: StepReport,
    reports: Sequence[StepReport],
    refactorer: Refactorer,
    before: Mapping[str, str],
) -> bool:
    """Do a step, or do it again; return whether anything changed."""
    missing = next((name for name in bound.step.after if not _changed(name, reports)), None)
    if missing is not None:
        why = Reason(ReasonCode.NOTHING_TO_DO, f"It comes after {missing}, which changed nothing.")
        report.refused.update(dict.fromkeys(bound.step.targets or (".",), why))
        return False
    texts = refactorer.texts()
    aim = _Aim(bound, texts, before)
    groups = [one for one in aim.groups() if not any(_is_final(report.refused.get(target)) for target in one)]
    report.refused.update(aim.refused)
    if not groups:
        return False
    found = refactorer.do(bound.intent, groups, aim.options)
    report.applied += [one for one in found.applied if one not in report.applied]
    report.refused.update(found.refused)
    report.refused = {target: why for target, why in report.refused.items() if target not in report.applied}
    report.level = SafetyLevel.UNSAFE if SafetyLevel.UNSAFE in {report.level, found.level} else SafetyLevel.SAFE
    return bool(found.files)


def _changed(name: str, reports: Sequence[StepReport]) -> bool:
    return any(one.applied for one in reports if one.step.is_called(name))


def _is_final(reason: Reason | None) -> bool:
    return reason is not None and reason.code in _FINAL


class _Aim:
    """What a step aims at in the texts as earlier steps left them."""

    def __init__(self, bound: PlannedIntent, texts: SourceTexts, before: Mapping[str, str]) -> None:
        self.texts, self.before = texts, before
        self.intent, self.step, self.options = bound.intent, bound.step, bound.options
        self.refused: dict[str, Reason] = {}

    def groups(self) -> Sequence[TargetGroup]:
        """Return the groups of targets: named ones where they are now, and what the intent finds in files."""
        named = [one for one in self.step.targets if "::" in one or self.intent.find is None]
        wide = [one for one in self.step.targets or (".",) if one not in named]
        files = list(dict.fromkeys(file for one in wide for file in self._files(one)))
        there = {written: one for written in named if (one := self._now(written)) is not None}
        self._place(there)
        if self.refused and self.intent.find is None:
            return []
        found = self.intent.find(self.texts, files, self.options) if self.intent.find and files else ()
        told = grouped(self.intent, [*there.values()]) if there else ()
        return list(dict.fromkeys((*told, *found)))

    def _files(self, written: str) -> Iterator[str]:
        """Yield the files that a target without a function stands for."""
        below = "" if written in {".", "./"} else f"{written.rstrip('/')}/"
        inside = [one for one in self.texts if one.startswith(below) and not is_protected(one)]
        if written in self.texts:
            yield written
        elif inside:
            yield from inside
        else:
            self.refused[written] = Reason(ReasonCode.UNREADABLE, f"There is no Python file {written!r}.")

    def _now(self, written: str) -> str | None:
        """Return a function where it is now, which an earlier step may have moved to a new file."""
        file, _, function = written.partition("::")
        if not function or self._has(file, function) or not self._had(file, function):
            return written
        moved = [one for one in self.texts if one not in self.before and self._has(one, function)]
        if len(moved) == 1:
            return f"{moved[0]}::{function}"
        self.refused[written] = Reason(
            ReasonCode.COLLISION, f"An earlier step has moved or replaced {function} of {file}; name where it is now."
        )
        return None

    def _has(self, file: str, function: str) -> bool:
        return any(one.name == function for one in functions_of(self.texts, file))

    def _had(self, file: str, function: str) -> bool:
        return any(one.name == function for one in functions_of(self.before, file))

    def _place(self, targets: Mapping[str, str]) -> None:
        """Let options that are lines of a file as it was name the same lines as they are now."""
        told = {name: getattr(self.options, name) for name in _LINES if hasattr(self.options, name)}
        moved: dict[str, int] = {}
        for written, target in targets.items() if told else ():
            file, first, last = written.partition("::")[0], min(told.values()), max(told.values())
            before, now = self.before.get(file), _text(self.texts, target.partition("::")[0])
            if before is None or now is None:
                continue
            line = first if before == now else _moved(before, now, first, last)
            if line is None:
                words = f"An earlier step has changed lines {first} to {last} of {file}."
                self.refused[written] = Reason(ReasonCode.COLLISION, words)
            else:
                moved[written] = line - first
        if len({*moved.values()}) > 1:
            words = "An earlier step has moved the lines of its targets by different numbers; make each target a step."
            self.refused.update(dict.fromkeys(moved, Reason(ReasonCode.COLLISION, words)))
        for by in {*moved.values()}:
            lines = {name: one + by for name, one in told.items()}
            self.options = self.options.model_copy(update=lines)


def _moved(before: str, now: str, first: int, last: int) -> int | None:
    """Return the line at which lines of a text begin in another one; None if they are not there as a whole.

    What both begin and end with is taken off first, because comparing takes time by the square of what is compared.
    """
    old, new = before.splitlines(), now.splitlines()
    head = _alike(old, new)
    tail = _alike(old[::-1], new[::-1])
    if last <= head:
        return first
    if first > len(old) - tail:
        return first + len(new) - len(old)
    tail = min(tail, len(old) - head, len(new) - head)
    middles = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(map(len, middles)) > _MOST_COMPARED:
        return None
    for start, at, size in SequenceMatcher(None, *middles, autojunk=False).get_matching_blocks():
        if start + head < first <= last <= start + head + size:
            return at + first - start
    return None


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return with how many equal lines both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _text(texts: Mapping[str, str], name: str) -> str | None:
    try:
        return texts[name]
    except (KeyError, UnicodeDecodeError):
        return None
