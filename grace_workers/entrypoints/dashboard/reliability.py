"""The geometry of a reliability curve: how often diagnoses were right, for how sure they were stated to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIDE = 200.0
_LARGEST, _SMALLEST = 10.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPoint:
    """The diagnoses of one range of stated confidence; the radius grows with their number."""

    x: float
    y: float
    radius: float
    label: str


def curve(bins: Sequence[Mapping[str, Any]]) -> Sequence[ShownPoint]:
    """Return a point for each range in which something was stated. On the diagonal, stated and right are equal."""
    known = [one for one in bins if one["count"]]
    most = max((one["count"] for one in known), default=1)
    return [_point(one, most) for one in known]


def _point(one: Mapping[str, Any], most: int) -> ShownPoint:
    share = (one["count"] / most) ** 0.5
    return ShownPoint(
        x=round(SIDE * one["stated"], 1),
        y=round(SIDE * (1 - one["right"]), 1),
        radius=round(_SMALLEST + (_LARGEST - _SMALLEST) * share, 1),
        label=f"stated {one['stated']:.0%}, right {one['right']:.0%} of {one['count']}",
    )
