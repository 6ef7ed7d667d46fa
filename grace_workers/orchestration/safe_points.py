"""Safe points: what several targets hold, kept by one plan and put back by another. Their record is the run itself."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import CycleError, TopologicalSorter

from grace_workers.actions import Target
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import JournalRow, StepState
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.playbooks import PREFIX, ReadyPlan

_ROLE = "SafePoints"
_KEEPS, _RESTORES = "safe_point_", "restore_safe_point_"
_MOST_TARGETS = 20
_BUDGET = "30m"


@dataclass(frozen=True, slots=True, kw_only=True)
class SafePointPart:
    """What was kept of one target: `items` things in `size` bytes."""

    target: TargetName
    part: str
    sha256: str
    size: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSafePoint:
    """What the targets held at `at`, by the run of an incident. Its parts are in the order in which they were kept."""

    name: str
    incident: IncidentId
    at: datetime
    parts: Sequence[SafePointPart]


def safe_points(ledger: LineLedger, *, limit: int = 100) -> Sequence[KeptSafePoint]:
    """Return the newest safe points, newest first."""
    with ledger.transaction() as tx:
        return [one for one in _found(tx, limit) if one.parts]


def safe_point(ledger: LineLedger, name: str) -> KeptSafePoint:
    """Return the safe point of that name.

    Raises:
        NotFoundError: there is none.
    """
    with ledger.transaction() as tx:
        for one in _found(tx, 1, name):
            return one
    raise NotFoundError(f"no safe point {name[:80]!r} was kept; `grace safepoint list` shows those that were")


def keeping(
    ledger: LineLedger,
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
    with ledger.transaction() as tx:
        if any(_found(tx, 1, name)):
            raise ConflictError(f"a safe point {name!r} is kept already; choose another name")
    chosen = _dependencies_first(_chosen(declared, targets), declared)[::-1]
    part: dict[str, JsonValue] = {"part": name}
    steps = [_step(number, target, "keep_safe_point", part) for number, target in enumerate(chosen, 1)]
    expected = [_expected(number, target, "safe_point_kept", part, 1) for number, target in enumerate(chosen, 1)]
    return _plan(_KEEPS + _spelled(name), chosen[0], reason, "performance", steps, expected)


def restoring(declared: Mapping[TargetName, Target], point: KeptSafePoint, reason: str) -> ReadyPlan:
    """Return the plan that puts every part back: first what others depend on.

    Raises:
        InputError: a target of the point is no longer declared, or gives no part any more.
    """
    parts = {one.target: one for one in point.parts}
    order = _dependencies_first(_chosen(declared, list(parts)), declared)
    steps, expected = [], []
    for number, target in enumerate(order, 1):
        part: dict[str, JsonValue] = {"part": parts[target].part, "sha256": parts[target].sha256}
        steps.append(_step(number, target, "restore_safe_point", {"point": point.name, **part}))
        expected.append(_expected(number, target, "differs_from_safe_point", part, 0))
    return _plan(_RESTORES + _spelled(point.name), order[0], reason, "data", steps, expected)


def _found(tx: LineTransaction, limit: int, name: str | None = None) -> Iterator[KeptSafePoint]:
    begins = PREFIX + _KEEPS
    playbook = None if name is None else begins + _spelled(name)
    for plan, run in tx.records.runs_of(begins, playbook, Ending.VERIFIED, limit=limit):
        rows = [row for row in tx.journal.rows(plan) if row.state is StepState.DONE]
        parts = [part for row in rows for part in _part(row)]
        shown = run.playbook.removeprefix(begins).replace("_", "-")
        yield KeptSafePoint(name=shown, incident=run.incident, at=run.at, parts=parts)


def _part(row: JournalRow) -> Iterator[SafePointPart]:
    match (row.outcome or {}).get("data"):
        case {"part": str(part), "sha256": str(sha256), "bytes": int(size), "items": int(items)}:
            yield SafePointPart(target=TargetName(row.target), part=part, sha256=sha256, size=size, items=items)
        case _:
            pass


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
    return name.replace("-", "_")
