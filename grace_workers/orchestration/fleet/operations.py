"""What people do with the fleet: look, quarantine, rejoin, drain, hand over the lead. Each change is audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from grace_workers.audit import Entry
from grace_workers.fleet import (
    LEADER,
    HealthChange,
    Instance,
    InstanceHealth,
    require_dispensable,
    standby_of,
)
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.events.topics.instance_changed import DEFINITION as INSTANCE_CHANGED
from grace_workers.orchestration.events.topics.instance_changed import InstanceChange, instance_changed
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.orchestration.stores.fleet import FleetStore, Leadership

LONGEST_GRACE = timedelta(hours=1)
BARRED_FOR = timedelta(seconds=5)

_CHANGES: Mapping[InstanceHealth, InstanceChange] = {
    InstanceHealth.QUARANTINED: InstanceChange.QUARANTINED,
    InstanceHealth.REPAIRING: InstanceChange.REPAIRING,
    InstanceHealth.VALIDATING: InstanceChange.VALIDATING,
    InstanceHealth.HEALTHY: InstanceChange.REJOINED,
    InstanceHealth.DEGRADED: InstanceChange.REJOINED,
    InstanceHealth.RETIRED: InstanceChange.RETIRED,
    InstanceHealth.DRAINING: InstanceChange.DRAINING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStatus:
    """The current state of the fleet: every node, who leads, and how many jobs each one runs."""

    instances: Sequence[Instance]
    leader: Leadership | None
    running: Mapping[InstanceName, int]


class FleetLedger(Protocol):
    """What these operations need from the process's runtime."""

    @property
    def ledger(self) -> LineLedger:
        """Where transactions come from."""

    @property
    def clock(self) -> Clock:
        """The time, for the audit log."""


def status(home: FleetLedger) -> FleetStatus:
    """Return the fleet as it is now."""
    with home.ledger.transaction() as tx:
        return FleetStatus(instances=tx.fleet.instances(), leader=_leader(tx.fleet), running=tx.fleet.running())


def quarantine(home: FleetLedger, name: str, *, reason: str, by: str, force: bool = False) -> Instance:
    """Quarantine an instance until a person lets it rejoin: it takes no more jobs, and its running jobs go to others.

    Raises:
        InputError: no reason is given.
        NotFoundError: there is no such instance.
        ConflictError: it is not in the fleet, or draining, or the last that serves a pool and `force` is not set.
    """
    if not reason.strip():
        raise InputError(f"quarantining {name[:80]!r} needs a reason; give one that others can act on")
    with home.ledger.transaction() as tx:
        tx.fleet.lock()
        instance, others = _found(tx.fleet, name)
        _require_present(instance)
        if not force:
            require_dispensable(instance, others)
        move = replace(_move(instance, InstanceHealth.QUARANTINED, reason), held=True)
        return record(tx, home.clock, move, by=by)


def rejoin(home: FleetLedger, name: str, *, by: str) -> Instance:
    """Let an instance rejoin after repair and validation; its repair attempts are counted from zero again.

    Raises:
        NotFoundError: there is no such instance.
        ConflictError: it is not in the fleet, or not quarantined.
    """
    with home.ledger.transaction() as tx:
        tx.fleet.lock()
        instance, _ = _found(tx.fleet, name)
        _require_present(instance)
        if not instance.health.apart:
            raise ConflictError(f"{instance.name} is {instance.health}, not quarantined; there is nothing to rejoin")
        if instance.health in {InstanceHealth.REPAIRING, InstanceHealth.VALIDATING}:
            return instance
        return record(tx, home.clock, _move(instance, InstanceHealth.REPAIRING, f"{by} asked it to rejoin"), by=by)


def drain(home: FleetLedger, name: str, *, grace: timedelta, by: str, reason: str = "drained") -> Instance:
    """Let an instance finish its running jobs within `grace`, hand over the rest, and leave the fleet.

    Raises:
        InputError: the grace is negative or longer than an hour.
        NotFoundError: there is no such instance.
        ConflictError: it is not in the fleet.
    """
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        raise InputError(f"a grace of {grace.total_seconds():g} s; give 0 to {LONGEST_GRACE.total_seconds():g} seconds")
    with home.ledger.transaction() as tx:
        tx.fleet.lock()
        instance, _ = _found(tx.fleet, name)
        if not instance.in_fleet:
            raise _absent(instance)
        drained = tx.fleet.drain(instance, grace, reason)
        if drained is None:
            raise ConflictError(f"{instance.name} has just changed; check `grace fleet status` and try again")
        if instance.health is not InstanceHealth.DRAINING:
            _step_down(tx.fleet, drained.name)
            tell(tx, home.clock, drained, before=instance.health, by=by, why=reason)
        return drained


def repaired(home: FleetLedger, instance: Instance, *, why: str) -> Instance:
    """Record that a node has repaired itself: its processes are new and pass their self-tests. Canaries follow.

    Raises:
        ConflictError: it is not under repair any more, or under a newer epoch.
    """
    with home.ledger.transaction() as tx:
        tx.fleet.lock()
        # Its repair may have been counted as failed since the node looked; that count stays.
        found, _ = _found(tx.fleet, instance.name)
        move = replace(_move(instance, InstanceHealth.VALIDATING, why), attempts=found.attempts)
        return record(tx, home.clock, move, by=instance.name)


def failover(home: FleetLedger, *, by: str) -> InstanceName:
    """Let the current leader give up all its leases; return its name. Another node takes over within a second.

    Raises:
        ConflictError: no node leads, or no other node could.
    """
    with home.ledger.transaction() as tx:
        tx.fleet.lock()
        leader = _leader(tx.fleet)
        if leader is None:
            raise ConflictError("no node leads at the moment, so there is nothing to hand over; try again in a second")
        name = leader.instance
        heirs = _step_down(tx.fleet, name)
        if not heirs:
            raise ConflictError(f"{name} leads and no other healthy node could; start another control node first")
        data: dict[str, JsonValue] = {"epoch": leader.epoch, "heirs": list(heirs)}
        tx.audit.append(
            Entry(at=home.clock.now(), actor=by, action="leader.stepped_down", subject=f"instance:{name}", data=data)
        )
    return name


def record(tx: LineTransaction, clock: Clock, move: HealthChange, *, by: str) -> Instance:
    """Apply a move, hand over the instance's running jobs if it is quarantined, and record the change.

    Raises:
        ConflictError: the instance has changed since it was judged.
    """
    changed = tx.fleet.change(move)
    if changed is None:
        raise ConflictError(f"{move.name} has just changed; check `grace fleet status` and try again")
    if changed.health.apart:
        tx.fleet.hand_over(changed.name)
        _step_down(tx.fleet, changed.name)
    tell(tx, clock, changed, before=move.before, by=by)
    return changed


def tell(
    tx: LineTransaction, clock: Clock, instance: Instance, *, before: InstanceHealth, by: str, why: str | None = None
) -> None:
    """Append the audit entry of a change of health, and publish its event; `why` is the instance's reason if None."""
    why = why or instance.reason or ""
    data: dict[str, JsonValue] = {
        "epoch": instance.epoch,
        "before": before.value,
        "why": why,
        "held": instance.held,
        "attempts": instance.attempts,
    }
    action = f"instance.{instance.health}"
    tx.audit.append(Entry(at=clock.now(), actor=by, action=action, subject=f"instance:{instance.name}", data=data))
    tx.events.publish(INSTANCE_CHANGED, instance_changed(instance, _CHANGES[instance.health], why))


def _step_down(fleet: FleetStore, name: InstanceName) -> Sequence[str]:
    """End all leases of an instance if other nodes can take them, and return those nodes."""
    heirs = [one.name for one in fleet.instances() if one.name != name and standby_of(one) is not None]
    if heirs:
        for lease in fleet.leases():
            if lease.instance == name:
                fleet.step_down(lease, BARRED_FOR)
    return heirs


def _leader(fleet: FleetStore) -> Leadership | None:
    return next((one for one in fleet.leases() if one.name == LEADER), None)


def _found(fleet: FleetStore, name: str) -> tuple[Instance, Sequence[Instance]]:
    known = fleet.instances()
    found = next((one for one in known if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in known if one.in_fleet) or "none"
        raise NotFoundError(f"there is no instance {name[:80]!r} in this fleet; known: {names}")
    return found, [one for one in known if one.name != name]


def _require_present(instance: Instance) -> None:
    if not instance.in_fleet:
        raise _absent(instance)
    if instance.health is InstanceHealth.DRAINING:
        raise ConflictError(f"{instance.name} is draining and about to leave the fleet; restart it instead")


def _absent(instance: Instance) -> ConflictError:
    gone = "was declared dead" if instance.died_at is not None else "has left"
    return ConflictError(f"{instance.name} {gone}; start it first, because only a node in the fleet can be changed")


def _move(instance: Instance, after: InstanceHealth, why: str) -> HealthChange:
    return HealthChange(name=instance.name, epoch=instance.epoch, before=instance.health, after=after, why=why)
