"""Which tests are worth keeping: each kills a mutant that no other kept test kills."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet


def chosen(kills: Sequence[AbstractSet[int]], sizes: Sequence[int]) -> list[int]:
    """Return the tests to keep, in their order. `kills` are each test's mutants, and `sizes` what it costs to read."""
    left = set().union(*kills) if kills else set()
    kept: list[int] = []
    while left:
        best = max(range(len(kills)), key=lambda one: (len(kills[one] & left), -sizes[one], -one))
        kept.append(best)
        left -= kills[best]
    return sorted(_needed(kept, kills, sizes))


def _needed(kept: Sequence[int], kills: Sequence[AbstractSet[int]], sizes: Sequence[int]) -> list[int]:
    """Leave out, largest first, every test whose mutants are all killed by others."""
    times: Mapping[int, int] = Counter(mutant for one in kept for mutant in kills[one])
    counts = dict(times)
    needed = list(kept)
    for one in sorted(kept, key=lambda one: (-sizes[one], -one)):
        if all(counts[mutant] > 1 for mutant in kills[one]):
            needed.remove(one)
            for mutant in kills[one]:
                counts[mutant] -= 1
    return needed
