"""The shape of an instance's row; every age and span in it is by the database's clock."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from grace_workers.audit import Entry
from grace_workers.fleet import Instance, InstanceHealth, ScorePart
from grace_workers.foundation.ids import InstanceName

COLUMNS = """i.name, i.epoch, i.pools, i.roles, i.health, i.score, i.registered_at, i.heartbeat_at, i.died_at,
    i.left_at, i.home, i.parts, i.reason, i.held, i.attempts, i.quarantined_at, i.retired_at,
    clock_timestamp() - i.heartbeat_at, clock_timestamp() - coalesce(i.health_at, i.registered_at),
    i.drain_until - clock_timestamp()"""

IN_FLEET = "i.died_at IS NULL AND i.left_at IS NULL"


def instance_of(row: Sequence[Any]) -> Instance:
    """Return the instance whose `COLUMNS` `row` is."""
    name, epoch, pools, roles, health, score, registered_at, heartbeat_at, died_at, left_at, *rest = row
    home, parts, reason, held, attempts, quarantined_at, retired_at, silent_for, *spans = rest
    health_for, drain_left = spans
    return Instance(
        name=InstanceName(name),
        epoch=epoch,
        pools=tuple(pools),
        roles=tuple(roles),
        health=InstanceHealth(health),
        score=score,
        registered_at=registered_at,
        heartbeat_at=heartbeat_at,
        died_at=died_at,
        left_at=left_at,
        home=home,
        parts=tuple(ScorePart(**part) for part in parts or ()),
        reason=reason,
        held=held,
        attempts=attempts,
        quarantined_at=quarantined_at,
        retired_at=retired_at,
        silent_for=silent_for,
        health_for=health_for,
        drain_left=drain_left,
    )


def parts_text(parts: Sequence[ScorePart]) -> str:
    """Return the parts of a score as the JSON that is stored."""
    return json.dumps([asdict(part) for part in parts])


def entry_of(instance: Instance, event: str) -> Entry:
    """Return the audit entry `instance.<event>` of what an instance does itself, or what its silence leads to."""
    return Entry(
        at=instance.died_at or instance.left_at or instance.registered_at,
        actor="grace",
        action=f"instance.{event}",
        subject=f"instance:{instance.name}",
        data={"epoch": instance.epoch, "pools": list(instance.pools), "roles": list(instance.roles)},
    )
