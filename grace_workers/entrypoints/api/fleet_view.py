"""How the API shows the fleet."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from grace_workers.fleet import Instance, is_overdue, lateness, score_of, standby_of
from grace_workers.orchestration.fleet.operations import FleetStatus
from grace_workers.orchestration.stores.fleet import Leadership


def fleet_view(status: FleetStatus) -> dict[str, Any]:
    """Return the fleet as JSON."""
    leader = status.leader
    return {
        "leader": None if leader is None else {"instance": leader.instance, "epoch": leader.epoch},
        "instances": [
            {**instance_view(one), **_part_in_lead(one, leader), "running": status.running.get(one.name, 0)}
            for one in status.instances
        ],
    }


def instance_view(instance: Instance) -> dict[str, Any]:
    """Return one instance as JSON; its score is as others see it, lateness included."""
    return {
        "name": instance.name,
        "state": _state(instance),
        "health": instance.health.value,
        "score": score_of(instance),
        "parts": [asdict(part) for part in (*instance.parts, lateness(instance.silent_for))],
        "epoch": instance.epoch,
        "roles": list(instance.roles),
        "pools": list(instance.pools),
        "heartbeat_age": _seconds(instance.silent_for),
        "health_for": _seconds(instance.health_for),
        "reason": instance.reason,
        "held": instance.held,
        "attempts": instance.attempts,
        "drain_left": None if instance.drain_left is None else max(0.0, _seconds(instance.drain_left)),
        "registered_at": instance.registered_at.isoformat(),
    }


def _part_in_lead(instance: Instance, leader: Leadership | None) -> dict[str, Any]:
    leads = leader is not None and leader.instance == instance.name
    return {"leads": leads, "standby": None if leads else standby_of(instance)}


def _state(instance: Instance) -> str:
    if instance.left_at is not None:
        return "left"
    if instance.died_at is not None:
        return "dead"
    return "silent" if is_overdue(instance) else "alive"


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)
