"""Suspicious functions, most suspicious first: the spectrum, refined by what the failures themselves say."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

from grace_workers.coding.engines.localisation.evidence import FunctionKey, SourceTree, frames, share_named, spoken
from grace_workers.coding.engines.localisation.spectrum import Place, ochiai
from grace_workers.coding.functions import MODULE, Function
from grace_workers.coding.recording import Recording

# Weights of evidence relative to Ochiai's 1.0. A crash points to where it happened; a test that names a function is
# about it.
_INNERMOST, _FRAME, _LINE_NAMES, _BODY_NAMES, _NAME_SHARE = 0.35, 0.05, 0.1, 0.1, 0.5
_MODULE_SHARE, _MOST_READ = 0.3, 50
_SIZE = 0.06
"""More statements contain more faults, and a thin function passes on to the one that does the work."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A function that may hold the fault. `score` is in [0, 1]; `lines` are its lines with their suspicion."""

    file: str
    function: str
    score: float
    lines: Mapping[int, float] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The function as `FILE::FUNCTION`."""
        return f"{self.file}::{self.function}"


def localise(recording: Recording, tree: SourceTree, sources: Sequence[str]) -> tuple[Suspect, ...]:
    """Return the functions that a failing test executes or whose frame it shows, most suspicious first."""
    known = frozenset(sources)
    by_function = _by_function(ochiai(recording), tree)
    pointed = _pointed(recording, tree, known)
    for key, lines in pointed.items():
        by_function.setdefault(key, {}).update({line: 1.0 for line in lines if line not in by_function.get(key, {})})
    evidence = _Evidence(recording, tree, known)
    raw = {
        key: _strongest(lines) * _kind(key) + _SIZE * log2(1 + len(lines)) + evidence.of(key, tree)
        for key, lines in by_function.items()
    }
    most = max(raw.values(), default=1.0) or 1.0
    ordered = sorted(raw, key=lambda key: (-raw[key], key))
    return tuple(Suspect(*key, round(raw[key] / most, 6), by_function[key]) for key in ordered)


class _Evidence:
    """What the failures say besides the spectrum, gathered once."""

    def __init__(self, recording: Recording, tree: SourceTree, sources: frozenset[str]) -> None:
        self._words = [spoken(run, tree) for run in recording.failing[:_MOST_READ]]
        self._innermost: dict[FunctionKey, int] = defaultdict(int)
        self._framed: dict[FunctionKey, int] = defaultdict(int)
        self._failing = max(len(recording.failing), 1)
        for run in recording.failing:
            shown = frames(run, tree, sources)
            for key in shown:
                self._framed[key] += 1
            if shown:
                self._innermost[shown[0]] += 1

    def of(self, key: FunctionKey, tree: SourceTree) -> float:
        """Return the weight of all evidence against the function."""
        index = tree.index(key[0])
        function = index.named(key[1]) if index is not None else None
        if function is None:
            return 0.0
        return (
            _INNERMOST * self._innermost[key] / self._failing
            + _FRAME * self._framed[key] / self._failing
            + self._named(function)
        )

    def _named(self, function: Function) -> float:
        """Return what the failing tests' words say, as the mean of them: one test that names it is one of many."""
        if function.name == MODULE or not self._words:
            return 0.0
        said = (
            _LINE_NAMES * (function.bare in one.line)
            + _BODY_NAMES * (function.bare in one.body)
            + _NAME_SHARE * share_named(function, one.name)
            for one in self._words
        )
        return sum(said) / len(self._words)


def _by_function(lines: Mapping[Place, float], tree: SourceTree) -> dict[FunctionKey, dict[int, float]]:
    found: dict[FunctionKey, dict[int, float]] = defaultdict(dict)
    for (file, line), suspicion in lines.items():
        index = tree.index(file)
        if index is not None:
            function = index.at(line)
            # The line of a `def` runs when the function is called, and says nothing about the function's text.
            if function.node is None or line >= function.node.body[0].lineno or line > function.node.lineno:
                found[file, function.name][line] = suspicion
    return found


def _pointed(recording: Recording, tree: SourceTree, sources: frozenset[str]) -> Mapping[FunctionKey, set[int]]:
    found: dict[FunctionKey, set[int]] = defaultdict(set)
    for run in recording.failing:
        for file, line in run.frames:
            index = tree.index(file) if file in sources else None
            if index is not None:
                found[file, index.at(line).name].add(line)
    return found


def _strongest(lines: Mapping[int, float]) -> float:
    """Return the strongest line's suspicion, plus a little of the mean to break ties by the total suspicion."""
    return max(lines.values()) + 0.02 * sum(lines.values()) / len(lines)


def _kind(key: FunctionKey) -> float:
    return _MODULE_SHARE if key[1] == MODULE else 1.0
