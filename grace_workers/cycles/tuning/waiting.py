"""The optimiser's step while no value is on trial: it waits for a plan, or asks for the next trial. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from grace_workers.cycles.lever import FLEET, ON_TRIAL, declared_levers
from grace_workers.cycles.tuning.candidate import NextValue, next_candidate
from grace_workers.cycles.tuning.look import LeverLook, Next
from grace_workers.cycles.tuning.progress import Asked, Tried, TuningMemory, UnderTest
from grace_workers.cycles.withdrawn import Withdrawn
from grace_workers.foundation.document import JsonValue
from grace_workers.playbooks import Mode, ReadyPlan

GRANTED_WITHIN = timedelta(days=1)


def next_trial(look: LeverLook, progress: TuningMemory, now: datetime) -> Next:
    """Return what to do while no value is on trial."""
    asked = progress.asked
    moved = None if asked is None else _moved(look, asked)
    if asked is not None and moved is not None:
        left = Tried(**asked.pair, at=now, end=moved, **_shown(asked))
        told = Withdrawn(plan=asked.plan, reason=moved)
        return Next(progress=progress.after(left), doing=left.sentence, withdrawn=told)
    ended = _over(look, progress, now)
    if ended is not None:
        return Next(progress=progress.after(ended), doing=ended.sentence)
    waits = _waits(look, progress)
    if waits is not None:
        return Next(progress=progress, doing=f"waits: {waits}")
    levers = filter(look.can_compare, declared_levers())
    found = next_candidate(levers, look.present, look.work, progress.tried, now)
    if found is None:
        return Next(progress=progress, doing="rests: all values near the present ones were tried in the last 30 days")
    return _ask(found, progress, now)


def _moved(look: LeverLook, asked: Asked) -> str | None:
    """Return why the plan that was asked for compares, or replaces, a value that is not in force any more."""
    if asked.lever not in look.present:
        return None
    now = look.present[asked.lever]
    known = {asked.present, asked.other} if asked.promotes else {asked.present}
    return None if now in known else f"{asked.lever} was set to {now} by hand meanwhile"


def _over(look: LeverLook, progress: TuningMemory, now: datetime) -> Tried | None:
    """Return what has ended since the last look."""
    asked, running = progress.asked, progress.running
    if running is not None:
        return Tried(**running.pair, at=now, end="its value was taken off trial", **_shown(running))
    if asked is None:
        return None
    if asked.promotes and look.present.get(asked.lever) == asked.other:
        return Tried(**asked.pair, at=now, end="promoted", gain=asked.gain, promoted=True, **_shown(asked))
    if now - asked.at < GRANTED_WITHIN:
        return None
    return Tried(**asked.pair, at=now, end="its plan was not carried out within a day", **_shown(asked))


def _shown(one: Asked | UnderTest) -> Mapping[str, Any]:
    return {"began": one.began, "seen": one.seen}


def _waits(look: LeverLook, progress: TuningMemory) -> str | None:
    """Return why nothing can be tried now."""
    if progress.asked is not None:
        return f"the plan about {progress.asked.lever} {progress.asked.other} has not been carried out yet"
    if not look.before or not all(one.tells for one in look.before):
        return "there is too little work to compare anything"
    return look.troubles[0] if look.troubles else None


def _ask(found: NextValue, progress: TuningMemory, now: datetime) -> Next:
    lever, value = found.lever.name, found.value
    asked = Asked(lever=lever, present=found.present, other=value, why=found.why, at=now)
    why = f"try {lever} {value} instead of {found.present}: {found.why}"
    plan = setting_plan(asked.plan, f"{lever}{ON_TRIAL}", value, why)
    return Next(progress=progress.model_copy(update={"asked": asked}), doing=why, plan=plan)


def setting_plan(
    name: str, limit: str, value: int, why: str, *, instead_of: int | None = None, mode: Mode | None = None
) -> ReadyPlan:
    """Return the plan that sets one of the fleet's limits, and looks whether it is in force.

    With `instead_of` it touches nothing if the limit has any other value then.
    """
    params: dict[str, JsonValue] = {"limit": limit, "value": value}
    if instead_of is not None:
        params["instead_of"] = instead_of
    return ReadyPlan.read(
        {
            "name": name,
            "target": FLEET,
            "reason": why,
            "aspect": "config",
            "mode": mode,
            "steps": [{"id": "set", "primitive": "set_limit", "params": params}],
            "expectations": [
                {
                    "id": "is_set",
                    "check": "service_limit",
                    "params": {"limit": limit},
                    "operator": "==",
                    "bound": value,
                    "within": "10s",
                }
            ],
        },
        "plan of a cycle",
    )
