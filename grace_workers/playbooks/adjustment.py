"""`Adjustment`: a figure of a playbook that is stricter in force than its file says. It can only tighten.

So an adjustment never lets a playbook do what its file forbids, and without it the file alone holds. It is for exactly
one content of the file: what people change there holds at once, without it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from grace_workers.playbooks.library import Library
from grace_workers.playbooks.plan import Mode
from grace_workers.playbooks.playbook import Playbook

UNSET = 0
"""The value of a figure that is as the file says."""


class AdjustedFigure(StrEnum):
    """A figure that may be adjusted: the least confidence, in percent; and how far people must agree, 0 to 2."""

    MIN_CONFIDENCE = "min_confidence"
    MODE = "mode"

    @property
    def highest(self) -> int:
        """The strictest value."""
        return _HIGHEST[self]

    def words(self, value: int) -> str:
        """Return a value as a playbook's file would say it."""
        return f"{value / 100:.2f}" if self is AdjustedFigure.MIN_CONFIDENCE else list(Mode)[value].value


_HIGHEST = {AdjustedFigure.MIN_CONFIDENCE: 100, AdjustedFigure.MODE: len(Mode) - 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A figure's value, `UNSET` while none is in force, since `at`. `base` is the digest of the file that it is for."""

    playbook: str
    figure: AdjustedFigure
    base: str
    value: int = UNSET
    at: datetime

    @property
    def name(self) -> str:
        """What it is called as a limit of the fleet."""
        return f"{self.playbook}.{self.figure}"

    @property
    def words(self) -> str:
        """Return it as a line of the playbook's file."""
        return f"{self.figure}: {self.figure.words(self.value)}"


def adjusted(library: Library, adjustments: Iterable[Adjustment]) -> Library:
    """Return the library with what is in force, or the library itself if nothing changes."""
    changed: dict[str, Playbook] = {}
    for one in adjustments:
        if one.value and one.playbook in library and library[one.playbook].digest == one.base:
            tightened = _tightened(changed.get(one.playbook, library[one.playbook]), one)
            if tightened.digest != library[one.playbook].digest:
                changed[one.playbook] = tightened
    if not changed:
        return library
    return AdjustedLibrary(library, changed)


class AdjustedLibrary(Library):
    """A library of which some playbooks are stricter than their files."""

    def __init__(self, files: Library, changed: Mapping[str, Playbook]) -> None:
        super().__init__([changed.get(one.name, one) for one in files], files.primitives, files.checks)
        self._of_files = MappingProxyType({name: files[name] for name in changed})

    def of_file(self, name: str) -> Playbook:
        return self._of_files.get(name) or self[name]


def _tightened(playbook: Playbook, by: Adjustment) -> Playbook:
    return Playbook.model_validate(_TIGHTEN[by.figure](playbook, playbook.model_dump(), by.value))


def _raise_confidence(playbook: Playbook, raw: dict[str, Any], percent: int) -> dict[str, Any]:
    least = max(playbook.when.min_confidence, percent / 100)
    return {**raw, "when": {**raw["when"], "min_confidence": least}}


def _ask(playbook: Playbook, raw: dict[str, Any], strictness: int) -> dict[str, Any]:
    if playbook.shadow:
        return raw
    own = playbook.required or Mode.AUTO
    return {**raw, "mode": list(Mode)[max(own.strictness, strictness)] if strictness else playbook.mode}


_TIGHTEN: Mapping[AdjustedFigure, Callable[[Playbook, dict[str, Any], int], dict[str, Any]]] = {
    AdjustedFigure.MIN_CONFIDENCE: _raise_confidence,
    AdjustedFigure.MODE: _ask,
}
