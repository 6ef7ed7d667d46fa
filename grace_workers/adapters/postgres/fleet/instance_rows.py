"""The shape of an instance's row; every age and span in it is by the database's clock."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.audit import Entry
from grace_workers.fleet import Instance, ScorePart

INSTANCE = Columns(
    Instance,
    "i",
    parts="coalesce(i.parts, '[]'::json)",
    silent_for="clock_timestamp() - i.heartbeat_at",
    health_for="clock_timestamp() - coalesce(i.health_at, i.registered_at)",
    drain_left="i.drain_until - clock_timestamp()",
)

IN_FLEET = "i.died_at IS NULL AND i.left_at IS NULL"


def parts_text(parts: Sequence[ScorePart]) -> str:
    """Return the parts of a score as the JSON that is stored."""
    return json.dumps([asdict(part) for part in parts])


def entry_of(instance: Instance, event: str) -> Entry:
    """Return the audit entry `instance.<event>` for an action of an instance, or for the result of its silence."""
    return Entry(
        at=instance.died_at or instance.left_at or instance.registered_at,
        actor="grace",
        action=f"instance.{event}",
        subject=f"instance:{instance.name}",
        data={"epoch": instance.epoch, "pools": list(instance.pools), "roles": list(instance.roles)},
    )
