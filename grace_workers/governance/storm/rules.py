"""The rules about storms that a decision and the beginning of a run share. Both apply them: the second under a lock."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.governance.storm.limits import FLEET_SCOPE, StormLimits
from grace_workers.governance.storm.load import Brake, Load, RunCount
from grace_workers.playbooks import Plan

CROWDED_FOR = timedelta(seconds=10)
"""When to ask again after too many runs were in progress."""

_NONE = RunCount()


def named(scope: str) -> str:
    """Return a scope in words."""
    return "the fleet" if scope == FLEET_SCOPE else scope


def crowded(scopes: Collection[str], load: Load, limits: StormLimits) -> str | None:
    """Return why one more run would be too many at once, or None."""
    for scope in sorted(scopes):
        most, _ = limits.allowance(scope)
        busy = load.tallies.get(scope, _NONE).at_once
        if most is not None and busy >= most:
            return f"{busy} runs are in progress in {named(scope)}, which is the limit"
    return None


def braked_by(scopes: Collection[str], load: Load, limits: StormLimits) -> str | None:
    """Return why the fleet may begin no run by itself, or None."""
    for brake in load.brakes:
        if brake.scope in scopes:
            return (
                f"automatic runs in {named(brake.scope)} are stopped since {brake.at:%Y-%m-%d %H:%M} UTC: {brake.why}; "
                f"look, then `grace storm lift {brake.scope}`"
            )
    return next((f"{why}, which is the limit" for _, why in _exhausted(scopes, load, limits, more=0)), None)


def reached(scopes: Collection[str], load: Load, limits: StormLimits, now: datetime) -> tuple[Brake, ...]:
    """Return the brakes that one more automatic run puts on, because it is the last that its scopes allow."""
    full = _exhausted(scopes, load, limits, more=1)
    return tuple(Brake(scope=scope, why=why, at=now) for scope, why in full)


def too_few_healthy(
    plan: Plan, members: Mapping[str, frozenset[TargetName]], load: Load, limits: StormLimits
) -> str | None:
    """Return which service the plan would leave with too few healthy targets, or None.

    A target is healthy while it is not down and no run holds it. What is down already may be touched. Of the targets
    of a rolling step, only as many count as it touches at a time, if something is expected of each.
    """
    for scope, names in sorted(members.items()):
        if scope == FLEET_SCOPE:
            continue
        healthy = {name for name in names if name not in load.down and name not in load.held}
        left, least = len(healthy) - _touched(plan, healthy), limits.least_healthy(scope, len(names))
        if left < least and left < len(healthy):
            return f"{left} of {len(names)} targets of {named(scope)} would stay healthy; at least {least} must"
    return None


def _touched(plan: Plan, healthy: Collection[TargetName]) -> int:
    """Return how many of the healthy targets the plan touches at a time, at most.

    A rolling step goes on when its last target is as expected; of one of which nothing is expected, all count.
    """
    awaited = {one.target for one in plan.expectations}
    rolling = [one for one in plan.rounds if one.turns[0].step.group is not None]
    singly = {name for one in plan.rounds if one not in rolling for name in one.targets}
    rolled = {name for one in rolling for name in one.targets}
    always = (singly if plan.target in rolled else singly | {plan.target}) & set(healthy)
    waves = [
        min(one.at_once if one.targets <= awaited else len(one.targets), len(one.targets & set(healthy) - always))
        for one in rolling
    ]
    return len(always) + max(waves, default=0)


def _exhausted(scopes: Collection[str], load: Load, limits: StormLimits, *, more: int) -> Iterator[tuple[str, str]]:
    for scope in sorted(scopes):
        _, most = limits.allowance(scope)
        begun = load.tallies.get(scope, _NONE).begun + more
        if most is not None and begun >= most:
            yield scope, f"{begun} automatic runs began within an hour"
