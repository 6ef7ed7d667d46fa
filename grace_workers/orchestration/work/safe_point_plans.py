"""Plans of safe points: one keeps what several targets hold, another puts it back, and a third drops it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from graphlib import CycleError, TopologicalSorter

from grace_workers.actions import Target
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.safe_points import KEEPS, KeptSafePoint, is_taken
from grace_workers.orchestration.stores import LineLedger
from grace_workers.playbooks import ReadyPlan

_ROLE = "SafePoints"
_RESTORES = "restore_safe_point_"
_DROPS = "drop_safe_point_"
_MOST_TARGETS = 20
_BUDGET = "30m"
_LONGEST = 40


def keeping(
    ledger: LineLedger,
    now: datetime,
    declared: Mapping[TargetName, Target],
    name: str,
    targets: Collection[TargetName],
    reason: str,
) -> ReadyPlan:
    """Return the plan that keeps a part of each target; without targets, of each that can give one.

    Dependents come first and what they depend on last, so that no part refers to something that is newer than it.

    Raises:
        ConflictError: the name is taken.
        InputError: a target is unknown or gives no part, there are too many, or they depend on each other in a circle.
    """
    if is_taken(ledger, now, name):
        raise ConflictError(f"a safe point {name!r} is kept already; choose another name")
    chosen = _dependencies_first(_chosen(declared, targets), declared)[::-1]
    part: dict[str, JsonValue] = {"part": name}
    steps = [_step(number, target, "keep_safe_point", part) for number, target in enumerate(chosen, 1)]
    expected = [_expected(number, target, "safe_point_kept", part, 1) for number, target in enumerate(chosen, 1)]
    return _plan(KEEPS + _spelled(name), chosen[0], reason, "performance", steps, expected)


def restoring(declared: Mapping[TargetName, Target], point: KeptSafePoint, reason: str) -> ReadyPlan:
    """Return the plan that puts every part back: first what others depend on.

    Raises:
        InputError: a target of the point is no longer declared, or gives no part any more.
    """
    order = _dependencies_first(_chosen(declared, [one.target for one in point.parts]), declared)
    steps, parts = _steps_of(point, order, "restore_safe_point")
    expected = [_expected(n, target, "differs_from_safe_point", parts[target], 0) for n, target in enumerate(order, 1)]
    return _plan(_RESTORES + _spelled(point.name), order[0], reason, "data", steps, expected)


def dropping(declared: Mapping[TargetName, Target], point: KeptSafePoint, reason: str) -> ReadyPlan:
    """Return the plan that drops every part before its time is over.

    Raises:
        InputError: a target of the point is no longer declared, or gives no part any more.
    """
    order = _chosen(declared, [one.target for one in point.parts])
    steps, parts = _steps_of(point, order, "drop_safe_point")
    names: Mapping[TargetName, dict[str, JsonValue]] = {one: {"part": parts[one]["part"]} for one in order}
    expected = [_expected(n, target, "safe_point_kept", names[target], 0) for n, target in enumerate(order, 1)]
    return _plan(_DROPS + _spelled(point.name), order[0], reason, "data", steps, expected)


def _steps_of(
    point: KeptSafePoint, order: Sequence[TargetName], primitive: str
) -> tuple[Sequence[JsonValue], Mapping[TargetName, dict[str, JsonValue]]]:
    parts: dict[TargetName, dict[str, JsonValue]] = {
        one.target: {"part": one.part, "sha256": one.sha256} for one in point.parts
    }
    steps = [_step(n, target, primitive, {"point": point.name, **parts[target]}) for n, target in enumerate(order, 1)]
    return steps, parts


def _chosen(declared: Mapping[TargetName, Target], wanted: Collection[TargetName]) -> Sequence[TargetName]:
    able = [name for name, target in declared.items() if _ROLE in (target.roles or ())]
    known = f"targets that can: {', '.join(sorted(able)) or 'none'}; others need the option `safe_point`"
    for name in wanted:
        if name not in able:
            what = "gives no part of a safe point" if name in declared else "is not declared"
            raise InputError(f"target {name[:80]!r} {what}; {known}")
    chosen = list(dict.fromkeys(wanted)) or able
    if not 1 <= len(chosen) <= _MOST_TARGETS:
        raise InputError(f"a safe point is of 1 to {_MOST_TARGETS} targets, not {len(chosen)}; name them; {known}")
    return chosen


def _dependencies_first(chosen: Sequence[TargetName], declared: Mapping[TargetName, Target]) -> Sequence[TargetName]:
    needs = {one: [other for other in _needed_by(one, declared) if other in chosen and other != one] for one in chosen}
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise InputError(f"targets depend on each other in a circle: {circle}; keep them in separate points") from error


def _needed_by(target: TargetName, declared: Mapping[TargetName, Target]) -> Collection[TargetName]:
    """Return what a target depends on, directly or through others."""
    found: dict[TargetName, None] = {}
    ahead = list(declared[target].depends_on)
    while ahead:
        name = ahead.pop()
        if name not in found and name in declared:
            found[name] = None
            ahead += declared[name].depends_on
    return found


def _step(number: int, target: TargetName, primitive: str, params: Mapping[str, JsonValue]) -> JsonValue:
    return {"id": f"part_{number}", "primitive": primitive, "target": target, "params": dict(params)}


def _expected(number: int, target: TargetName, check: str, params: Mapping[str, JsonValue], bound: float) -> JsonValue:
    fixed: dict[str, JsonValue] = {"operator": "==", "bound": bound, "within": "10s"}
    return {"id": f"part_{number}", "check": check, "target": target, "params": dict(params), **fixed}


def _plan(
    name: str,
    target: TargetName,
    reason: str,
    aspect: str,
    steps: Sequence[JsonValue],
    expected: Sequence[JsonValue],
) -> ReadyPlan:
    return ReadyPlan.read(
        {
            "name": name,
            "target": target,
            "reason": reason,
            "aspect": aspect,
            "steps": list(steps),
            "expectations": list(expected),
            "budget": _BUDGET,
        },
        "safe point",
    )


def _spelled(name: str) -> str:
    """Return the name as a plan's name may have it."""
    return name.replace("-", "_")[:_LONGEST]
