"""Holding back in a storm: the load as a plan needs to know it, and the beginning of a run within the limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from grace_workers.audit import Entry
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import (
    FLEET_SCOPE,
    Brake,
    Granted,
    StormLimits,
    braked_by,
    crowded,
    members_of,
    reached,
    scopes_of,
    service_of,
    too_few_healthy,
    upstream_of,
)
from grace_workers.governance import Load as FleetLoad
from grace_workers.orchestration.events.topics.brake_changed import DEFINITION as BRAKE_CHANGED
from grace_workers.orchestration.events.topics.brake_changed import brake_changed
from grace_workers.orchestration.line.move import Write
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.storm import LoadQuery, StormStore
from grace_workers.playbooks import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a plan counts in, the services that it touches, and what its target depends on."""

    scopes: frozenset[str]
    members: Mapping[str, frozenset[TargetName]]
    upstream: frozenset[TargetName]
    query: LoadQuery


def surroundings(line: Line, plan: Plan) -> Surroundings:
    """Return the surroundings of a plan, by the labels that its targets have now."""
    limits = line.policy.storm
    touched = [line.targets[name] for name in sorted({plan.target, *plan.targets}) if name in line.targets]
    services = {service for one in touched if (service := service_of(one, limits)) is not None}
    own = line.targets.get(plan.target)
    return Surroundings(
        scopes=scopes_of(touched, limits),
        members=members_of({FLEET_SCOPE, *services}, line.targets),
        upstream=upstream_of(plan.target, line.targets),
        query=LoadQuery(
            incident=plan.incident,
            playbook=plan.playbook,
            target=plan.target,
            cause=plan.cause,
            service=None if own is None else service_of(own, limits),
            settle=limits.settle,
        ),
    )


def no_room(plan: Plan, granted: Granted, around: Surroundings, load: FleetLoad, limits: StormLimits) -> str | None:
    """Return why the run of a granted plan may not begin now, or None."""
    taken = sorted({plan.target, *plan.targets} & load.held)
    if taken:
        return f"another run is working on {', '.join(taken)}"
    braked = braked_by(around.scopes, load, limits) if granted.automatic else None
    few = too_few_healthy(plan, around.members, load, limits)
    return crowded(around.scopes, load, limits) or braked or few


def begins(line: Line, plan: Plan, granted: Granted) -> Write:
    """Return the write that begins the run, or fails when others have meanwhile taken its target or its room.

    Runs begin one at a time, so that many decided at the same moment stay within the limits together.
    """
    around, limits = surroundings(line, plan), line.policy.storm

    def begin(tx: LineTransaction, now: datetime) -> None:
        # In the transition's own transaction: a run begins exactly when its contract is stored.
        store = tx[StormStore]
        store.lock()
        load = store.load(around.query, now)
        why = no_room(plan, granted, around, load, limits)
        if why is not None:
            raise ConflictError(f"plan {plan.id} cannot begin: {why}")
        if not tx.journal.begin(plan, plan.incident, now, scopes=around.scopes, automatic=granted.automatic):
            raise ConflictError(f"another run took a target of plan {plan.id} at the same moment")
        for brake in reached(around.scopes, load, limits, now) if granted.automatic else ():
            _put_on(tx, brake, by=f"instance:{line.instance}")

    return begin


def _put_on(tx: LineTransaction, brake: Brake, *, by: str) -> None:
    if not tx[StormStore].brake(brake):
        return
    tx.events.publish(BRAKE_CHANGED, brake_changed(brake, on=True, by=by, reason=brake.why))
    tx.audit.append(
        Entry(
            at=brake.at,
            actor=by,
            action="storm.braked",
            subject=f"storm:{brake.scope}",
            outcome="on",
            data={"why": brake.why},
        )
    )
