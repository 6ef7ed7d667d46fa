"""What an intent is: a pure function from the texts of a repository to new texts, or to a reason why not.

Nothing here reads a file or runs code. `refactored` makes every target's change completely or not at all, and passes
its result on to the next target.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import Field

from grace_workers.coding.left_out import is_generated
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.type_check import TypeCheck
from grace_workers.foundation.document import Document


class SafetyLevel(StrEnum):
    """How far an edit may rely on what the code does not show."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class IntentOptions(Document):
    """Options that every intent has."""

    level: SafetyLevel = SafetyLevel.SAFE


class BlockOptions(IntentOptions):
    """The lines of a block, both included and counted from 1, and the new function's name."""

    first_line: int = Field(ge=1)
    last_line: int = Field(ge=1)
    name: str = Field(min_length=1, max_length=200)


Options = TypeVar("Options", bound=IntentOptions)
TargetGroup = tuple[str, ...]
"""Targets that are changed together or not at all."""


class SourceTexts(Mapping[str, str]):
    """The Python files of a repository by their paths, with changes on top. `types` checks them, where it is given."""

    def __init__(self, names: Sequence[str], read: Callable[[str], str], types: TypeCheck | None = None) -> None:
        self._names = dict.fromkeys(names)
        self._read = read
        self._texts: dict[str, str] = {}
        self.changed: dict[str, str] = {}
        self.types = types

    def __getitem__(self, name: str) -> str:
        """Return a file's text.

        Raises:
            KeyError: there is no such Python file.
            UnicodeDecodeError: it is not UTF-8.
        """
        if name in self.changed:
            return self.changed[name]
        if name not in self._names:
            raise KeyError(name)
        if name not in self._texts:
            self._texts[name] = self._read(name)
        return self._texts[name]

    def __contains__(self, name: object) -> bool:
        return name in self.changed or name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter({**self._names, **dict.fromkeys(self.changed)})

    def __len__(self) -> int:
        return len({*self._names, *self.changed})

    def lay(self, changes: Mapping[str, str]) -> None:
        """Put new texts on top of the existing ones."""
        self.changed.update(changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(Generic[Options]):
    """A kind of refactoring.

    `change` takes the texts, the targets and the options; if `joint` it is given all targets at once, otherwise
    one. It is called at the safe level first, and again at the requested level only if that is refused as unsafe.
    If `repeated`, the targets are gone through until none changes, because one may depend on another. `draft` makes
    what it can of all targets at once before that, where this is cheaper than one after another.

    `find` returns the groups of targets in files that the intent may change. Without it a target and its options must
    be named, because they are about one place in a text; such an intent goes first in a plan. `after` names intents
    that a plan does before this one.
    """

    name: str
    about: str
    options: type[Options]
    change: Callable[[SourceTexts, Sequence[str], Options], Mapping[str, str] | Reason]
    joint: bool = False
    draft: Callable[[SourceTexts, Sequence[str], Options], Mapping[str, str]] | None = None
    repeated: bool = False
    find: Callable[[SourceTexts, Sequence[str], Options], Sequence[TargetGroup]] | None = None
    after: tuple[str, ...] = ()


AnyIntent = Intent[Any]


@dataclass(slots=True)
class RefactoringResult:
    """Which targets were changed, why the others were not, and the highest level among the changes."""

    applied: list[str] = field(default_factory=list)
    refused: dict[str, Reason] = field(default_factory=dict)
    level: SafetyLevel = SafetyLevel.SAFE


def refactored(
    intent: Intent[Options], texts: SourceTexts, targets: Sequence[str], options: Options
) -> RefactoringResult:
    """Apply the changes of every target to the texts; a target is changed completely or not at all."""
    return refactored_groups(intent, texts, grouped(intent, targets), options)


def grouped(intent: AnyIntent, targets: Sequence[str]) -> Sequence[TargetGroup]:
    """Return the groups that named targets make."""
    return [tuple(targets)] if intent.joint else [(one,) for one in dict.fromkeys(targets)]


def each_file(texts: SourceTexts, files: Sequence[str], options: IntentOptions) -> Sequence[TargetGroup]:
    """Find every file, as intents do that look at whole files."""
    del texts, options
    return [(file,) for file in files]


def refactored_groups(
    intent: Intent[Options], texts: SourceTexts, groups: Sequence[TargetGroup], options: Options
) -> RefactoringResult:
    """Apply the changes of every group of targets to the texts."""
    result = RefactoringResult()
    there = [one for group in groups for one in group if one in texts and _unfit(texts, group) is None]
    if intent.draft is not None and there[1:]:
        changes = intent.draft(texts, there, options)
        texts.lay(changes)
        result.applied += [one for one in there if one in changes]
    _pass(intent, texts, groups, options, result)
    while intent.repeated and groups[1:] and _pass(intent, texts, groups, options, result):
        continue
    return result


def _pass(
    intent: Intent[Options], texts: SourceTexts, groups: Sequence[TargetGroup], options: Options,
    result: RefactoringResult,
) -> bool:  # fmt: skip
    """Go through the targets once; return whether any changed."""
    changed = False
    for group in groups:
        changes = _change(intent, texts, group, options.model_copy(update={"level": SafetyLevel.SAFE}))
        if isinstance(changes, Reason) and changes.code == ReasonCode.UNSAFE and options.level == SafetyLevel.UNSAFE:
            changes = _change(intent, texts, group, options)
            result.level = result.level if isinstance(changes, Reason) else SafetyLevel.UNSAFE
        if not isinstance(changes, Reason):
            texts.lay(changes)
            changed = True
            result.applied += [one for one in group if one not in result.applied]
            result.refused = {one: why for one, why in result.refused.items() if one not in group}
        elif group[0] not in result.applied:
            result.refused.update(dict.fromkeys(group, changes))
    return changed


def _change(
    intent: Intent[Options], texts: SourceTexts, group: Sequence[str], options: Options
) -> Mapping[str, str] | Reason:
    unfit = _unfit(texts, group)
    if unfit is not None:
        return unfit
    try:
        changes = intent.change(texts, group, options)
    except UnicodeDecodeError:
        return Reason(ReasonCode.UNREADABLE, f"A file that {group[0]!r} needs is not UTF-8.")
    if isinstance(changes, Reason):
        return changes
    new = {name: text for name, text in changes.items() if name not in texts or texts[name] != text}
    return new or Reason(ReasonCode.NOTHING_TO_DO, f"{group[0]} is already as {intent.name} wants it.")


def _unfit(texts: SourceTexts, group: Sequence[str]) -> Reason | None:
    """Return why a file of the targets cannot be changed."""
    for file in dict.fromkeys(one.partition("::")[0] for one in group):
        if file not in texts:
            return Reason(ReasonCode.UNREADABLE, f"There is no Python file {file!r}.")
        try:
            generated = is_generated(texts[file].encode())
        except UnicodeDecodeError:
            return Reason(ReasonCode.UNREADABLE, f"{file} is not UTF-8.")
        if generated:
            return Reason(ReasonCode.UNREADABLE, f"{file} says that it is generated; change what generates it.")
    return None
