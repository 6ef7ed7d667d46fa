"""The risk score of a plan: 0.0 to 1.0, as a sum of parts that are all shown.

Each part is a weight times a level between 0 and 1, and the weights add up to 1:

    base           0.40  the primitives' own risk: 1 - product of (1 - risk) over the steps
    irreversible   0.10  1 when a step cannot be undone
    domain         0.20  0 where AUTO is the default; internal data 0.5; external 0.7 to 1
    confidence     0.05  1 - confidence in the cause
    blast_radius   0.10  the largest share of a target that a step touches
    history        0.10  expected share of misses of the next run, or the ineffective streak relative to its limit
    time           0.05  1 outside the team's working hours and days, when fewer people are watching

Confidence weighs little: it is the lower bound of a posterior, so it is near 0 on a fresh install, where nothing is yet
known and nothing has gone wrong either. Whatever is unknown counts as the worst case.
"""

from collections.abc import Mapping
from datetime import datetime
from math import prod

from grace_workers.actions import Domain
from grace_workers.governance.decision import Facts, Risk, RiskPart
from grace_workers.governance.policy import Policy
from grace_workers.playbooks import Plan

WEIGHTS: Mapping[str, float] = {
    "base": 0.40,
    "irreversible": 0.10,
    "domain": 0.20,
    "confidence": 0.05,
    "blast_radius": 0.10,
    "history": 0.10,
    "time": 0.05,
}
DOMAIN_LEVELS: Mapping[Domain, float] = {
    Domain.INTERNAL_PERFORMANCE: 0.0,
    Domain.INTERNAL_CONFIG: 0.0,
    Domain.INTERNAL_CODE: 0.0,
    Domain.INTERNAL_DATA: 0.5,
    Domain.EXTERNAL_API: 0.7,
    Domain.EXTERNAL_INTEGRATION: 0.8,
    Domain.EXTERNAL_INFRASTRUCTURE: 1.0,
}


def risk(plan: Plan, facts: Facts, policy: Policy, now: datetime) -> Risk:
    """Return the score of `plan` and its parts, in the order of the weights."""
    parts = (
        _steps(facts),
        _irreversible(facts),
        _part("domain", DOMAIN_LEVELS[plan.domain], f"domain {plan.domain}"),
        _part("confidence", 1 - plan.confidence, f"confidence {plan.confidence:.2f} in {plan.cause}"),
        _blast(facts),
        _history(plan, facts),
        _time(policy, now),
    )
    return Risk(score=min(sum(part.value for part in parts), 1.0), parts=parts)


def _part(name: str, level: float, why: str) -> RiskPart:
    return RiskPart(name=name, value=WEIGHTS[name] * min(max(level, 0.0), 1.0), why=why)


def _steps(facts: Facts) -> RiskPart:
    if not facts.steps:
        return _part("base", 1.0, "the steps are unknown")
    level = 1 - prod(1 - step.risk for step in facts.steps)
    return _part("base", level, f"risk {level:.2f} of {len(facts.steps)} step{'s' if len(facts.steps) > 1 else ''}")


def _irreversible(facts: Facts) -> RiskPart:
    if facts.steps is None:
        return _part("irreversible", 1.0, "it is unknown whether it can be undone")
    lasting = sum(not step.reversible for step in facts.steps)
    return _part("irreversible", float(lasting > 0), f"{lasting} of {len(facts.steps)} steps cannot be undone")


def _blast(facts: Facts) -> RiskPart:
    if not facts.steps or any(step.blast is None for step in facts.steps):
        return _part("blast_radius", 1.0, "it is unknown how much would be touched")
    share = max(step.blast.share for step in facts.steps if step.blast is not None)
    return _part("blast_radius", share, f"touches {share:.0%} of a target")


def _history(plan: Plan, facts: Facts) -> RiskPart:
    if facts.history is None:
        return _part("history", 1.0, "the history is unknown")
    past = facts.history
    missed = 1 - (min(past.verified, past.runs) + 1) / (past.runs + 2)
    streak = past.ineffective_streak / max(plan.guards.stop_after_ineffective, 1)
    words = f"{past.verified} of {past.runs} runs verified, {past.ineffective_streak} ineffective in a row"
    return _part("history", max(missed, streak), words)


def _time(policy: Policy, now: datetime) -> RiskPart:
    working = policy.at_work(now)
    words = "in working hours" if working else "outside working hours"
    return _part("time", float(not working), f"{words} ({policy.local(now):%A %H:%M %Z})")
