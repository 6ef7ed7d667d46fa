"""One incident as the stages of the line: what has happened, what is happening, and what is still to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grace_workers.entrypoints.dashboard.wording import tone

LINE = ("signal", "diagnosis", "plan", "governance", "contract", "snapshot", "execute", "verify", "learn")
_ENDED = frozenset({"closed", "escalated", "refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStage:
    """One stage: its result, how long it took, and how long the incident had waited for it."""

    name: str
    tone: str
    state: str
    took: float | None
    waited: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReading:
    """What was read before and after a plan, and what was expected."""

    name: str
    subject: str
    expected: str
    bound: float
    before: float | None
    after: float | None


def stages(story: Mapping[str, Any]) -> Sequence[ShownStage]:
    """Return every stage of the line for an incident; for a stage that ran twice, the newest run."""
    happened = {one["stage"]: (place, one) for place, one in enumerate(story["timeline"])}
    reached = [name for name in LINE if name in happened]
    current = _current(story, reached)
    return [_stage(name, story, happened.get(name), now=name == current) for name in LINE]


def _current(story: Mapping[str, Any], reached: Sequence[str]) -> str | None:
    if story["state"] in _ENDED or not reached:
        return None
    after = LINE.index(reached[-1]) + 1
    waiting = story["state"] == "awaiting_approval"
    return "governance" if waiting else LINE[min(after, len(LINE) - 1)]


def _stage(
    name: str, story: Mapping[str, Any], found: tuple[int, Mapping[str, Any]] | None, *, now: bool
) -> ShownStage:
    if found is None or now:
        ended = "not reached" if story["state"] in _ENDED else "to come"
        state = story["state"] if now else ended
        shown = ("warn" if story["state"] == "awaiting_approval" else "busy") if now else "pending"
        return ShownStage(name=name, tone=shown, state=state, took=None, waited=None)
    place, one = found
    waited = None
    if place:
        since = datetime.fromisoformat(story["timeline"][place - 1]["at"])
        waited = max(0.0, (datetime.fromisoformat(one["at"]) - since).total_seconds() - one["took"])
    kind = tone(one["state"])
    kind = "good" if kind in {"busy", "plain"} else kind
    return ShownStage(name=name, tone=kind, state=one["state"], took=one["took"], waited=waited)


def risk_of(story: Mapping[str, Any]) -> str | None:
    """Return what governance said of the risk, last time it looked."""
    told = [one["data"].get("risk") for one in story["timeline"] if one["stage"] == "governance"]
    return str(told[-1]) if told and told[-1] else None


def readings(story: Mapping[str, Any]) -> Sequence[ShownReading]:
    """Return the expectations of a plan, with the readings before its first step and at the end of verification."""
    plan = story["plan"] or {"expectations": []}
    return [
        _reading(one, story["baseline"].get(one["id"]), story["afterwards"].get(one["id"]))
        for one in plan["expectations"]
    ]


def _reading(one: Mapping[str, Any], before: float | None, after: float | None) -> ShownReading:
    held = f", then for {one['hold']:g} s" if one["hold"] else ""
    return ShownReading(
        name=one["check"],
        subject=one["target"],
        expected=f"{one['operator']} {one['bound']:g} within {one['within']:g} s{held}",
        bound=float(one["bound"]),
        before=before,
        after=after,
    )
