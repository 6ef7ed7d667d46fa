"""One incident in its state machine: where it was and when, which arrows it took, and which it might have taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from grace_workers.entrypoints.dashboard.wording import span, tone
from grace_workers.orchestration.line.arrows import ARROWS, MEANINGS, Mover
from grace_workers.signals import IncidentState

_S = IncidentState
BOX_WIDE, BOX_TALL = 92, 34
WIDE, TALL = 1020, 190
_PLACES: Mapping[str, tuple[int, int]] = {
    _S.OPEN: (0, 78),
    _S.DIAGNOSED: (116, 78),
    _S.PLANNED: (232, 78),
    _S.AWAITING_APPROVAL: (290, 4),
    _S.GRANTED: (348, 78),
    _S.CONTRACTED: (464, 78),
    _S.SNAPSHOTTED: (580, 78),
    _S.EXECUTED: (696, 78),
    _S.VERIFIED: (812, 78),
    _S.CLOSED: (928, 78),
    _S.REFUSED: (232, 152),
    _S.ESCALATED: (464, 152),
    _S.RESTORED: (638, 152),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownState:
    """One state: its place, what it means, its tone, and how long after the opening it was reached last."""

    name: str
    x: int
    y: int
    meaning: str
    tone: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownArrow:
    """One arrow from the middle of a state to the middle of another, and whether this incident took it."""

    x1: int
    y1: int
    x2: int
    y2: int
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMachine:
    """The states and arrows; `told` says the path in words."""

    states: Sequence[ShownState]
    arrows: Sequence[ShownArrow]
    told: str


def machine(story: Mapping[str, Any]) -> ShownMachine:
    """Return the state machine with the path of an incident in it."""
    path = _path(story["timeline"])
    reached = {state: _since(story, at) for state, at in path}
    steps = [(before, after) for (before, _), (after, _) in pairwise(path)]
    usual = [(one.before.value, one.after.value) for one in ARROWS if _is_drawn(one.mover, one.after)]
    arrows = [_arrow(*pair, taken=pair in steps) for pair in dict.fromkeys((*usual, *steps))]
    return ShownMachine(
        states=[_state(name, story["state"], reached) for name in _PLACES],
        arrows=sorted(arrows, key=lambda one: one.taken),
        told=" → ".join(f"{state.replace('_', ' ')} {reached[state]}".strip() for state, _ in path),
    )


def _is_drawn(mover: Mover, after: IncidentState) -> bool:
    """Return whether an arrow is drawn even if it was not taken: those of the line, but not those that begin again."""
    return mover is Mover.STAGE and after is not _S.OPEN


def _path(timeline: Sequence[Mapping[str, Any]]) -> Sequence[tuple[str, str]]:
    """Return the states in the order in which they were reached, each with its time."""
    found: list[tuple[str, str]] = []
    for one in timeline:
        if one["state"] in _PLACES and (not found or found[-1][0] != one["state"]):
            found.append((one["state"], one["at"]))
    return found


def _since(story: Mapping[str, Any], at: str) -> str:
    passed = (datetime.fromisoformat(at) - datetime.fromisoformat(story["opened_at"])).total_seconds()
    return f"+{span(max(0.0, passed))}"


def _state(name: str, now: str, reached: Mapping[str, str]) -> ShownState:
    x, y = _PLACES[name]
    kind = "pending"
    if name in reached:
        found = tone(name)
        kind = found if name == now or found == "bad" else "good"
        kind = "good" if kind == "plain" else kind
    meaning = MEANINGS[IncidentState(name)]
    return ShownState(name=name, x=x, y=y, meaning=meaning, tone=kind, when=reached.get(name, ""))


def _arrow(before: str, after: str, *, taken: bool) -> ShownArrow:
    (x1, y1), (x2, y2) = _PLACES[before], _PLACES[after]
    middle_x, middle_y = BOX_WIDE // 2, BOX_TALL // 2
    return ShownArrow(x1=x1 + middle_x, y1=y1 + middle_y, x2=x2 + middle_x, y2=y2 + middle_y, taken=taken)
