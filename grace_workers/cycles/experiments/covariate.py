"""What a load explains of a value, learnt from blocks in which nothing else was changed. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from math import log


def slope(loads: Sequence[float], values: Sequence[float]) -> float:
    """Return by how many per cent the value moves with one per cent more load, from one block to the next.

    A slope that chance may have made is shrunk towards 0 (James and Stein), so that a load without influence adds
    little noise.
    """
    moves = [log(later / earlier) for earlier, later in pairwise(loads)]
    changes = [log(later / earlier) for earlier, later in pairwise(values)]
    spread = sum(one * one for one in moves)
    if not spread or len(moves) < 2:  # noqa: PLR2004 - one move has no rest
        return 0.0
    found = sum(move * change for move, change in zip(moves, changes, strict=True)) / spread
    rest = sum((change - found * move) ** 2 for move, change in zip(moves, changes, strict=True))
    chance = rest / (len(moves) - 1) / spread
    return found * max(0.0, 1 - chance / found**2) if found else 0.0
