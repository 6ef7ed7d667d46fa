"""`clusters`: problems that no cause explains, put together where almost the same was seen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p

_ALIKE_FROM = 0.5
_MOST_CLUSTERS = 100


@dataclass(frozen=True, slots=True)
class Cluster:
    """Positions of problems that are alike, in the order given, and the features that four of five of them show."""

    members: Sequence[int]
    shared: Sequence[str]


def clusters(problems: Sequence[Mapping[str, float]]) -> Sequence[Cluster]:
    """Return the clusters of two or more problems, the greatest first.

    Each problem joins the first cluster to whose leader it is alike, and leads one of its own otherwise. Source:
    Hartigan, Clustering Algorithms, 1975, chapter 3 (the leader algorithm). How alike two are is as in `Nearest`.
    """
    shown = Counter(name for one in problems for name in one)
    weights = {name: log1p((len(problems) + 1) / (count + 1)) for name, count in shown.items()}
    led: list[list[int]] = []
    for at, one in enumerate(problems):
        mine = next((group for group in led if _alike(problems[group[0]], one, weights) >= _ALIKE_FROM), None)
        if mine is not None:
            mine.append(at)
        elif len(led) < _MOST_CLUSTERS:
            led.append([at])
    found = [Cluster(group, _shared([problems[at] for at in group])) for group in led if len(group) > 1]
    return sorted(found, key=lambda one: (-len(one.members), one.members[0]))


def _alike(one: Mapping[str, float], other: Mapping[str, float], weights: Mapping[str, float]) -> float:
    names = one.keys() | other.keys()
    parts = [(weights[name], log1p(one.get(name, 0.0)), log1p(other.get(name, 0.0))) for name in names]
    whole = sum(weight * max(mine, theirs) for weight, mine, theirs in parts)
    return sum(weight * min(mine, theirs) for weight, mine, theirs in parts) / whole if whole else 0.0


def _shared(members: Sequence[Mapping[str, float]]) -> Sequence[str]:
    shown = Counter(name for one in members for name in one)
    return [name for name, count in shown.most_common() if count * 5 >= len(members) * 4]
