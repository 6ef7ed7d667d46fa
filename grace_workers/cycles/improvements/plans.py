"""What is offered to the fleet as a change, and the plans that put it into force and end it. Pure."""

import re
from hashlib import sha256

from grace_workers.cycles.improvements.fleet_change import FleetChange, limit_of
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.tuning.waiting import setting_plan
from grace_workers.playbooks import Mode, ReadyPlan

LONGEST_REASON = 480
_LONGEST_NAME, _DIGITS = 64, 8
_UNFIT = re.compile(r"[^a-z0-9]+")


def offered(one: Improvement) -> FleetChange:
    """Return the change that may be put into force from now on."""
    return FleetChange(kind=one.kind, subject=one.subject, content=one.content, proposed_at=one.proposed_at)


def putting_plan(words: str, one: Improvement) -> ReadyPlan:
    """Return the plan that puts a change into force. A person approves it; `words` tell what it does."""
    limit, why = limit_of(one.key, one.version), one.why[:LONGEST_REASON]
    return setting_plan(plan_name(words), limit, 1, why, instead_of=0, mode=Mode.REVIEW)


def ending_plan(words: str, one: Improvement, reason: str) -> ReadyPlan:
    """Return the plan by which the fleet itself ends what it proposed; people need not agree to what was before."""
    return setting_plan(plan_name(words), limit_of(one.key, one.version), 0, reason[:LONGEST_REASON], instead_of=1)


def plan_name(words: str) -> str:
    """Return the name of a plan, of the words that tell what it does; other words have another one."""
    name = _UNFIT.sub("_", words.casefold()).strip("_")
    if name == words and len(name) <= _LONGEST_NAME:
        return name
    mark = sha256(words.encode()).hexdigest()[:_DIGITS]
    return f"{name[: _LONGEST_NAME - _DIGITS - 1].rstrip('_')}_{mark}"
