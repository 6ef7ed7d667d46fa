"""Mutants: small changes of the functions of a file that a good suite notices."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.localisation.localise import Suspect
from grace_workers.coding.engines.repair.candidates import Candidate, candidates

_OPERATORS = {"comparison", "arithmetic", "boolean", "constant", "off_by_one", "deletion", "result", "unwrap", "loop"}
_EACH, _A_LINE, _MOST = 40, 3, 1500


def mutants_of(file: str, tree: SourceTree) -> list[Candidate]:
    """Return the mutants of a file: of every function the same number at most, spread over its lines and kinds."""
    index = tree.index(file)
    functions = [one for one in index.all if one.node is not None] if index is not None else []
    return _spread(_of(file, one.name, tree) for one in functions)[:_MOST]


def _of(file: str, function: str, tree: SourceTree) -> Sequence[Candidate]:
    """Return the mutants of a function: one of each line, then a second one of another kind of each, and so on."""
    lines: dict[int, dict[str, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
    for one in candidates([Suspect(file, function, 1.0)], tree, _OPERATORS):
        lines[one.changes[0].edits[0].first][one.operators[0]].append(one)
    spread = _spread(_spread(kinds[name] for name in sorted(kinds)) for _, kinds in sorted(lines.items()))
    return spread[: max(_EACH, _A_LINE * len(lines))]


def _spread(groups: Iterable[Sequence[Candidate]]) -> list[Candidate]:
    """Return the first of each group, then the second of each, and so on."""
    return [one for row in zip_longest(*groups) for one in row if one is not None]
