"""`instance.changed`: a node joined or left the fleet, was declared dead, drains, is quarantined, or recovered."""

from enum import StrEnum

from grace_workers.fleet import Instance
from grace_workers.foundation.document import Document
from grace_workers.orchestration.events.topic import Topic


class InstanceChange(StrEnum):
    """What happened to a node."""

    REGISTERED = "registered"
    DEGRADED = "degraded"
    RECOVERED = "recovered"
    LEFT = "left"
    DIED = "died"
    DRAINING = "draining"
    QUARANTINED = "quarantined"
    REPAIRING = "repairing"
    VALIDATING = "validating"
    REJOINED = "rejoined"
    RETIRED = "retired"


class InstanceChanged(Document):
    """The node after the change. `change` is a value of `InstanceChange`, or of a newer release's."""

    instance: str
    epoch: int
    change: str
    health: str
    pools: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    why: str = ""


DEFINITION = Topic(
    name="instance_changed",
    body=InstanceChanged,
    key=lambda body: body.instance,
    about="A node registered, left, died, is draining, degraded, quarantined, under repair or on trial, or recovered.",
)


def instance_changed(instance: Instance, change: str, why: str = "") -> InstanceChanged:
    """Return the body for an instance as it is after the change."""
    return InstanceChanged(
        instance=instance.name,
        epoch=instance.epoch,
        change=change,
        health=instance.health.value,
        pools=tuple(instance.pools),
        roles=tuple(instance.roles),
        why=why,
    )
