"""The optimiser's step while no value is on trial: it waits for a plan, or asks for the next trial. Pure."""

from datetime import datetime, timedelta

from grace_workers.cycles.lever import FLEET, ON_TRIAL, declared_levers
from grace_workers.cycles.tuning.candidate import NextValue, next_candidate
from grace_workers.cycles.tuning.look import LeverLook, Next
from grace_workers.cycles.tuning.progress import Asked, Tried, TuningMemory
from grace_workers.playbooks import ReadyPlan

GRANTED_WITHIN = timedelta(days=1)


def next_trial(look: LeverLook, progress: TuningMemory, now: datetime) -> Next:
    """Return what to do while no value is on trial."""
    ended = _over(look, progress, now)
    if ended is not None:
        return Next(progress=progress.after(ended), doing=ended.sentence)
    waits = _waits(look, progress)
    if waits is not None:
        return Next(progress=progress, doing=f"waits: {waits}")
    found = next_candidate(declared_levers(), look.present, look.work, progress.tried, now)
    if found is None:
        return Next(progress=progress, doing="rests: all values near the present ones were tried in the last 30 days")
    return _ask(found, progress, now)


def _over(look: LeverLook, progress: TuningMemory, now: datetime) -> Tried | None:
    """Return what has ended since the last look."""
    asked, running = progress.asked, progress.running
    if running is not None:
        return Tried(**running.pair, at=now, end="its value was taken off trial")
    if asked is None:
        return None
    if asked.promotes and look.present.get(asked.lever) == asked.other:
        return Tried(**asked.pair, at=now, end="promoted", gain=asked.gain, promoted=True)
    if now - asked.at < GRANTED_WITHIN:
        return None
    return Tried(**asked.pair, at=now, end="its plan was not carried out within a day")


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
    plan = setting_plan(f"try_{lever}", f"{lever}{ON_TRIAL}", value, why)
    return Next(progress=progress.model_copy(update={"asked": asked}), doing=why, plan=plan)


def setting_plan(name: str, limit: str, value: int, why: str) -> ReadyPlan:
    """Return the plan that sets one of the fleet's limits, and looks whether it is in force."""
    return ReadyPlan.read(
        {
            "name": name,
            "target": FLEET,
            "reason": why,
            "aspect": "config",
            "steps": [{"id": "set", "primitive": "set_limit", "params": {"limit": limit, "value": value}}],
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
        "plan of the optimiser",
    )
