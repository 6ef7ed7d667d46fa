"""Candidates: what the operators propose on suspicious lines, without duplicates, most likely first."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import combinations, islice, pairwise
from math import prod

from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.localisation.localise import Suspect
from grace_workers.coding.engines.repair.priors import edit_operators, weight_of
from grace_workers.coding.engines.repair.proposal import Proposal
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.functions import Defined, FunctionIndex
from grace_workers.coding.patch import Edit, FunctionChange, edited

_MOST_OF_A_KIND, _MOST_PROPOSED = 4000, 60_000
_DILUTION, _AS_IF = 0.6, 2.0
_UNSEEN, _DROPPED = 0.5, 0.1
_PAIRED, _FIRSTS = 120, 40
_MOST_PLACES, _PAIR = 6, (1, 2)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change with its estimates before it is tried, comparable within one search.

    `score` orders the search, in which kinds with many proposals must not wait for all others; `likely` is the
    share of fixes that are this one.
    """

    changes: tuple[FunctionChange, ...]
    operators: tuple[str, ...]
    score: float
    key: str = ""
    likely: float = 0.0

    @property
    def function(self) -> tuple[str, str]:
        """The file and the function of its first change."""
        return self.changes[0].file, self.changes[0].function

    def plain(self) -> list[object]:
        """Return it in the trial program's format."""
        return [[one.file, one.function, [list(edit) for edit in one.edits]] for one in self.changes]


def candidates(
    suspects: Sequence[Suspect], tree: SourceTree, operators: Collection[str] | None = None
) -> list[Candidate]:
    """Return the single edits of the suspects, most likely first; no operators stands for all of them."""
    found: dict[tuple[str, bytes], Candidate] = {}
    for suspect in suspects:
        subject = subject_of(suspect, tree)
        if subject is None:
            continue
        first, last = subject.node.lineno, subject.node.end_lineno or 0
        rows = b"\n".join(subject.rows[first - 1 : last])
        for candidate in _of(suspect, subject, operators):
            moved = [Edit(a - first + 1, b, c - first + 1, d, text) for a, b, c, d, text in candidate.changes[0].edits]
            if any(edit.first < 1 or edit.last > last - first + 1 for edit in moved):
                key = (suspect.target, repr(moved).encode())
            else:
                key = (suspect.target, edited(rows, moved))
            known = found.get(key)
            if known is None or known.score < candidate.score:
                found[key] = candidate
    return sorted(found.values(), key=lambda one: (-one.score, one.function, one.changes[0].edits))


def subject_of(suspect: Suspect, tree: SourceTree) -> SubjectFunction | None:
    """Return the function to edit; None for a module's or a class's own statements."""
    index = tree.index(suspect.file)
    function = index.named(suspect.function) if index is not None else None
    if index is None or function is None or function.node is None:
        return None
    lines = suspect.lines or dict.fromkeys(range(function.first, function.last + 1), _UNSEEN)
    return SubjectFunction(tree.read(suspect.file), function.node, lines, tuple(_around(index, suspect.function)))


def _around(index: FunctionIndex, name: str) -> Iterator[Defined]:
    """Yield the functions that a function is defined in, innermost first."""
    while name := name.rpartition(".")[0]:
        outer = index.named(name)
        if outer is None or outer.node is None:
            return
        yield outer.node


def repeated(singles: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the same edit in several places of a function: in all of them, and in each two."""
    groups: dict[tuple[object, ...], list[Candidate]] = defaultdict(list)
    for one in singles:
        if one.key:
            groups[(one.function, one.operators, one.key)].append(one)
    for group in groups.values():
        if 1 < len(group) <= _MOST_PLACES:
            yield from _joined(group)
            for pair in combinations(group, 2) if len(group) > len(_PAIR) else ():
                yield from _joined(pair)


def pairs(hopeful: Sequence[Candidate], singles: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield two edits at once: each promising one with each of the likeliest others of its function."""
    by_function: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for one in singles:
        by_function[one.function].append(one)
    for first in hopeful[:_FIRSTS]:
        for second in by_function[first.function][:_PAIRED]:
            yield from _joined((first, second))


def _joined(parts: Sequence[Candidate]) -> Iterator[Candidate]:
    edits = tuple(sorted(edit for part in parts for edit in part.changes[0].edits))
    apart = all(one[2:4] <= other[:2] and one[:4] != other[:4] for one, other in pairwise(edits))
    if apart:
        file, function = parts[0].function
        operators = tuple(name for part in parts for name in part.operators)
        score, likely = prod(part.score for part in parts), prod(part.likely for part in parts)
        yield Candidate((FunctionChange(file, function, edits),), operators, score, "", likely)


def _of(suspect: Suspect, subject: SubjectFunction, operators: Collection[str] | None) -> Iterator[Candidate]:
    for operator in edit_operators():
        if operators is not None and operator.name not in operators:
            continue
        proposed = islice(operator.propose(subject), _MOST_PROPOSED)
        weighed = ((one.factor * _worth(one, subject), one) for one in proposed)
        made = nlargest(_MOST_OF_A_KIND, weighed, key=lambda one: one[0])
        share = weight_of(operator.name) / max(len(made), 1) ** _DILUTION
        # An operator with few proposals here does not make each of them more likely.
        whole = sum(worth for worth, _ in made) + _AS_IF
        for worth, one in made:
            change = FunctionChange(suspect.file, suspect.function, one.edits)
            likely = weight_of(operator.name) * worth / whole * suspect.score
            yield Candidate((change,), (operator.name,), share * worth * suspect.score**2, one.key, likely)


def _worth(proposal: Proposal, subject: SubjectFunction) -> float:
    """Return how well a proposal fits its place: by the line's suspicion, its names, and the calls that it keeps."""
    fit = min((subject.fit(edit) for edit in proposal.edits), default=1.0)
    # A call of the program's own functions, or the only use of a name, is seldom one too many, but without it weak
    # tests often pass.
    drops = all(subject.drops_call(edit) or subject.drops_name(edit) for edit in proposal.edits)
    kept = _DROPPED if drops else 1.0
    return max(proposal.suspicion, 0.01) ** 2 * fit * kept
