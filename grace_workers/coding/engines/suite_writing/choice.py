"""Which tests are worth keeping: each notices something that no other kept test notices."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice, zip_longest

Step = tuple[int, int]


def chosen(kills: Sequence[AbstractSet[object]], sizes: Sequence[int]) -> list[int]:
    """Return the tests to keep, in their order. `kills` are each test's mutants, and `sizes` what it costs to read."""
    left = set().union(*kills) if kills else set()
    kept: list[int] = []
    while left:
        best = max(range(len(kills)), key=lambda one: (len(kills[one] & left), -sizes[one], -one))
        kept.append(best)
        left -= kills[best]
    return sorted(_needed(kept, kills, sizes))


def _needed(kept: Sequence[int], kills: Sequence[AbstractSet[object]], sizes: Sequence[int]) -> list[int]:
    """Leave out, largest first, every test whose mutants are all killed by others."""
    times: Mapping[object, int] = Counter(mutant for one in kept for mutant in kills[one])
    counts = dict(times)
    needed = list(kept)
    for one in sorted(kept, key=lambda one: (-sizes[one], -one)):
        if all(counts[mutant] > 1 for mutant in kills[one]):
            needed.remove(one)
            for mutant in kills[one]:
                counts[mutant] -= 1
    return needed


def reaching(steps: Sequence[AbstractSet[Step]], kept: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """Return the tests to keep besides `kept`: each is the only one to execute a line, or to take one way of a branch.

    Such a test notices the mutant that stops there, so that one need not be run.
    """
    after: dict[int, set[int]] = defaultdict(set)
    for step in set().union(*steps):
        after[step[0]].add(step[1])
    marks = [_marks(taken, after) for taken in steps]
    known = set().union(*(marks[one] for one in kept))
    return chosen([mine - known for mine in marks], sizes)


def fewer(steps: Sequence[AbstractSet[Step]], groups: Sequence[str], sizes: Sequence[int], most: int) -> list[int]:
    """Return at most that many tests: those that reach something alone, then the shortest of each group in turn."""
    keep = dict.fromkeys(reaching(steps, [], sizes)[:most])
    members: dict[str, list[int]] = defaultdict(list)
    for one in sorted(range(len(steps)), key=lambda one: (sizes[one], one)):
        members[groups[one]].append(one)
    turns = (one for row in zip_longest(*members.values()) for one in row if one is not None and one not in keep)
    return sorted([*keep, *islice(turns, most - len(keep))])


def _marks(steps: AbstractSet[Step], after: Mapping[int, AbstractSet[int]]) -> set[object]:
    """Return the lines that are executed, and the steps from a line that others leave another way."""
    lines = {line for step in steps for line in step if line}
    return lines | {(one, other) for one, other in steps if one and len(after[one]) > 1}
