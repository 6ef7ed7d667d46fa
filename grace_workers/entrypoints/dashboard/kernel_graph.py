"""The geometry of the kernels' graph: a column for each wave in which they start, and a line for each need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grace_workers.entrypoints.dashboard.wording import tone

BOX_WIDE, BOX_TALL = 150, 26
_ACROSS, _DOWN = 190, 36
_WORST_FIRST = ("bad", "warn", "busy", "plain", "good")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownKernel:
    """One kernel: its place, the worst state that any node reports, and whether a node cannot work without it."""

    name: str
    x: int
    y: int
    state: str
    tone: str
    critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGraph:
    """The kernels, and a line from each to what it needs."""

    kernels: Sequence[ShownKernel]
    lines: Sequence[tuple[int, int, int, int]]
    width: int
    height: int


def kernel_graph(graph: Mapping[str, Any], reported: Sequence[Mapping[str, Any]]) -> ShownGraph:
    """Return the graph with the states that the nodes report."""
    critical = {one["name"]: one["critical"] for one in graph["kernels"]}
    worst = _worst(reported)
    shown = {
        name: ShownKernel(
            name=name,
            x=column * _ACROSS,
            y=row * _DOWN,
            state=worst.get(name, "unknown"),
            tone=tone(worst.get(name)),
            critical=critical[name],
        )
        for column, wave in enumerate(graph["waves"])
        for row, name in enumerate(wave)
    }
    lines = [_line(shown[one["from"]], shown[one["to"]]) for one in graph["needs"]]
    tallest = max((len(wave) for wave in graph["waves"]), default=0)
    width = max(0, len(graph["waves"]) * _ACROSS - (_ACROSS - BOX_WIDE))
    return ShownGraph(kernels=list(shown.values()), lines=lines, width=width, height=tallest * _DOWN)


def _worst(reported: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in reported:
        known = found.get(one["kernel"])
        if known is None or _WORST_FIRST.index(tone(one["state"])) < _WORST_FIRST.index(tone(known)):
            found[one["kernel"]] = one["state"]
    return found


def _line(needing: ShownKernel, needed: ShownKernel) -> tuple[int, int, int, int]:
    middle = BOX_TALL // 2
    return needed.x + BOX_WIDE, needed.y + middle, needing.x, needing.y + middle
