"""Mutants: small changes of the functions of a file that a good suite notices."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest

from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.localisation.localise import Suspect
from grace_workers.coding.engines.repair.candidates import Candidate, candidates

_OPERATORS = {"comparison", "arithmetic", "boolean", "constant", "off_by_one", "deletion", "result", "unwrap", "loop"}
_EACH, _MOST = 40, 600


def mutants_of(file: str, tree: SourceTree) -> list[Candidate]:
    """Return the mutants of a file: of every function the same number at most, spread over its lines and kinds."""
    index = tree.index(file)
    functions = [one for one in index.all if one.node is not None] if index is not None else []
    chosen = [_of(file, one.name, tree) for one in functions]
    return [one for row in zip_longest(*chosen) for one in row if one is not None][:_MOST]


def _of(file: str, function: str, tree: SourceTree) -> Sequence[Candidate]:
    groups: dict[tuple[int, str], list[Candidate]] = defaultdict(list)
    for one in candidates([Suspect(file, function, 1.0)], tree):
        if one.operators[0] in _OPERATORS:
            groups[one.changes[0].edits[0].first, one.operators[0]].append(one)
    spread = zip_longest(*(groups[key][:3] for key in sorted(groups)))
    return [one for row in spread for one in row if one is not None][:_EACH]
