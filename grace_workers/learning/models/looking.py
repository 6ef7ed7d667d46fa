"""Describes an answer: the votes of the nearest and of kindred outcomes, and the numbers that its trust rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NARROW = 0.1
_NEAREST = 10
_SHARP, _BLUNT = 16, 4
_TINY = 1e-2
_SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The neighbourhood: one row for each remembered outcome.

    `kin` says in which trees they share a leaf; `right` whether it was predicted correctly, NaN if it was not
    judged.
    """

    distances: NDArray[np.float64]
    kin: NDArray[np.bool_]
    outcomes: NDArray[np.intp]
    right: NDArray[np.float64]
    labels: int

    def votes(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each label's share of the weights."""
        sums = np.bincount(self.outcomes, weights, self.labels).astype(np.float64)
        return sums / max(float(sums.sum()), 1e-300)


def look_at(near: Neighbours, spacing: Sequence[Sequence[float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the votes, and the description of the answer with the most votes.

    `spacing` is, for each label, the distance between its outcomes and their nearest predecessor of the same label.
    """
    shares = near.kin.mean(axis=1)
    nearest = np.sort(near.distances)[:_NEAREST]
    width = _NARROW * float(np.median(nearest)) + 1e-6
    by_distance = near.votes(np.exp(-(near.distances - nearest[0]) / width))
    by_kin = near.votes(shares**_SHARP)
    votes = (by_distance + by_kin) / 2
    best = int(votes.argmax())
    ours = near.outcomes == best
    look = [
        votes[best],
        by_distance[best],
        by_kin[best],
        near.votes(shares**_BLUNT)[best],
        float(np.partition(votes, -2)[-2]) if len(votes) > 1 else 0.0,
        float(by_distance.argmax() == by_kin.argmax()),
        _of_trees(near, ours),
        *_by_place(near, ours, shares),
        *_by_record(near, ours),
        _apart(near.distances[ours].min(), spacing[best]),
    ]
    return votes, np.array(look, np.float64)


def _of_trees(near: Neighbours, ours: NDArray[np.bool_]) -> float:
    """Return the mean over trees of the answer's share of the leaf."""
    kin = near.kin.sum(axis=0)
    found = near.kin[ours].sum(axis=0)
    return float(np.mean(found / np.maximum(kin, 1)))


def _by_place(near: Neighbours, ours: NDArray[np.bool_], shares: NDArray[np.float64]) -> list[float]:
    """Return how near and how akin the answer's outcomes and all others are, the exact twins, and the nearest five."""
    inside, outside = near.distances[ours], near.distances[~ours]
    closest, other = inside.min(), outside.min() if len(outside) else near.distances.max()
    five = np.argsort(near.distances, kind="stable")[:5]
    return [
        np.log((other + _TINY) / (closest + _TINY)),
        np.log(closest + 1e-3),
        shares[ours].max(),
        shares[~ours].max() if len(outside) else 0.0,
        np.log1p((inside < _SAME).sum()),
        np.log1p((outside < _SAME).sum()),
        float(ours[five].mean()),
        np.log(ours.sum()),
    ]


def _by_record(near: Neighbours, ours: NDArray[np.bool_]) -> list[float]:
    """Return how often recent answers were right: nearby, of this label, and overall."""
    judged = np.flatnonzero(~np.isnan(near.right))
    right = near.right[judged]
    nearest = np.argsort(near.distances[judged], kind="stable")
    of_label = right[ours[judged]][-50:]
    return [
        _share(right[nearest[:5]], 1),
        _share(right[nearest[:15]], 2),
        _share(of_label, 1),
        _share(right[-30:], 1),
    ]


def _share(right: NDArray[np.float64], weight: int) -> float:
    return float((right.sum() + 0.9 * weight) / (len(right) + weight))


def _apart(closest: float, spacing: Sequence[float]) -> float:
    usual = float(np.median(list(spacing))) if spacing else closest
    return float(np.log((closest + _TINY) / (usual + _TINY)))
