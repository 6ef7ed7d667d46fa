"""The geometry of who heals whom: a box for each part of the fleet, and an arrow from healer to healed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

from grace_workers.entrypoints.dashboard.kernel_graph import BOX_TALL, BOX_WIDE
from grace_workers.entrypoints.dashboard.wording import tone

_ACROSS, _DOWN, _HEAD, _APART = 290, 74, 8, 6
_NAMED = {
    "standby": "a standby node",
    "leader": "the leader",
    "node": "every node",
    "coding": "the coding agent",
    "healing": "the healing agent",
    "kernel": "kernels",
    "watchdog": "a node's watchdog",
}
_PLACES = {
    "standby": (0, 0),
    "leader": (1, 0),
    "node": (2, 0),
    "coding": (0, 1),
    "healing": (1, 1),
    "kernel": (2, 1),
    "watchdog": (2, 2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPart:
    """One part of the fleet."""

    words: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairArrow:
    """One repair: its line, the points of its head, and where its words stand."""

    x1: float
    y1: float
    x2: float
    y2: float
    head: str
    at_x: float
    at_y: float
    words: str
    label: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairGraph:
    """The parts, the arrows, and what the parts are called."""

    parts: Sequence[ShownPart]
    arrows: Sequence[RepairArrow]
    named: Mapping[str, str]
    width: int
    height: int


def repair_graph(links: Sequence[Mapping[str, Any]]) -> RepairGraph:
    """Return the graph with how often each repair was needed."""
    pairs = {(one["healer"], one["healed"]) for one in links}
    return RepairGraph(
        parts=[ShownPart(words=_NAMED[one], x=x * _ACROSS, y=y * _DOWN) for one, (x, y) in _PLACES.items()],
        arrows=[_arrow(one, mutual=(one["healed"], one["healer"]) in pairs) for one in links],
        named=_NAMED,
        width=2 * _ACROSS + BOX_WIDE,
        height=2 * _DOWN + BOX_TALL,
    )


def _arrow(link: Mapping[str, Any], *, mutual: bool) -> RepairArrow:
    (x1, y1), (x2, y2) = _ends(link["healer"], link["healed"])
    # Two that heal each other have two arrows beside each other.
    shift = (_APART if x2 > x1 else -_APART) if mutual else 0
    y1, y2 = y1 + shift, y2 + shift
    words = _words(link)
    return RepairArrow(
        x1=x1,
        y1=y1,
        x2=x2,
        y2=y2,
        head=_head(x1, y1, x2, y2),
        at_x=(x1 + x2) / 2 + (36 if x1 == x2 else 0),
        at_y=(y1 + y2) / 2 + (13 if shift > 0 else -5),
        words=words,
        label=f"{_NAMED[link['healer']]} {link['how']}: {words}",
        tone=tone(link["ending"]) if link["ending"] else "plain",
    )


def _ends(healer: str, healed: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where an arrow leaves the healer's box and meets the other's."""
    (column, row), (to_column, to_row) = _PLACES[healer], _PLACES[healed]
    if column == to_column:
        middle = column * _ACROSS + BOX_WIDE / 2
        down = to_row > row
        return (middle, row * _DOWN + (BOX_TALL if down else 0)), (middle, to_row * _DOWN + (0 if down else BOX_TALL))
    right = to_column > column
    begin = column * _ACROSS + (BOX_WIDE if right else 0)
    end = to_column * _ACROSS + (0 if right else BOX_WIDE)
    return (begin, row * _DOWN + BOX_TALL / 2), (end, to_row * _DOWN + BOX_TALL / 2)


def _head(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the points of a triangle at the end of a line."""
    length = hypot(x2 - x1, y2 - y1)
    along, aside = ((x2 - x1) / length, (y2 - y1) / length), ((y1 - y2) / length, (x2 - x1) / length)
    back = x2 - along[0] * _HEAD, y2 - along[1] * _HEAD
    corners = [(back[0] + side * aside[0] * _HEAD / 2, back[1] + side * aside[1] * _HEAD / 2) for side in (1, -1)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in ((x2, y2), *corners))


def _words(link: Mapping[str, Any]) -> str:
    times = link["times"]
    if link["healed"] == "node":
        return f"{times} need it now" if times else "none needs it now"
    return "not yet" if not times else "once" if times == 1 else f"{times} times"
