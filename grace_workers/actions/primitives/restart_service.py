"""Stop a service, if it runs, and start it."""

from datetime import timedelta

from grace_workers.actions.params import Span
from grace_workers.actions.primitive import (
    BlastRadius,
    Effect,
    Outcome,
    OutcomeStatus,
    Preview,
    Primitive,
    Repeat,
    Reversibility,
    Snapshot,
)
from grace_workers.actions.roles.restartable import Restartable
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class RestartParams(Document):
    """`grace_period` is how long the service may take to stop by itself."""

    grace_period: Span = timedelta(seconds=10)


def preview(service: Restartable, params: RestartParams) -> Preview:
    """Say what would be stopped and started."""
    status = service.status()
    blast = BlastRadius(count=1, unit="service", share=1.0)
    if not status.running:
        return Preview(changes=("start the service, which is not running",), blast=blast)
    seconds = params.grace_period.total_seconds()
    return Preview(
        changes=(f"stop incarnation {status.incarnation}, by force after {seconds:g} s", "start the service"),
        blast=blast,
    )


def snapshot(service: Restartable, params: RestartParams) -> Snapshot:
    """Keep whether it ran, and as which incarnation."""
    del params
    status = service.status()
    return Snapshot(primitive="restart_service", content={"running": status.running, "incarnation": status.incarnation})


def apply(service: Restartable, params: RestartParams, before: Snapshot) -> Outcome:
    """Restart, unless that has happened since the snapshot."""
    if effect(service, params, before) is Effect.PRESENT:
        return Outcome(status=OutcomeStatus.UNCHANGED, detail="the service was restarted since the snapshot")
    service.stop(params.grace_period)
    status = service.start()
    return Outcome(
        status=OutcomeStatus.DONE,
        detail=f"the service runs as incarnation {status.incarnation}",
        data={"incarnation": status.incarnation},
    )


def effect(service: Restartable, params: RestartParams, before: Snapshot) -> Effect:
    """Present when another incarnation than the snapshot's runs."""
    del params
    status = service.status()
    restarted = status.running and status.incarnation != before.content["incarnation"]
    return Effect.PRESENT if restarted else Effect.ABSENT


def restore(service: Restartable, params: RestartParams, before: Snapshot) -> Outcome:
    """Let it run when it ran, and stop it when it did not."""
    if restored(service, params, before):
        return Outcome(status=OutcomeStatus.UNCHANGED, detail="the service is already in its earlier state")
    if before.content["running"]:
        service.start()
        return Outcome(status=OutcomeStatus.DONE, detail="the service is running again")
    service.stop(params.grace_period)
    return Outcome(status=OutcomeStatus.DONE, detail="the service is stopped again, as it was before")


def restored(service: Restartable, params: RestartParams, before: Snapshot) -> bool:
    """Return whether it runs exactly when it ran."""
    del params
    return service.status().running == before.content["running"]


DEFINITION = Primitive(
    name="restart_service",
    summary="Stop a service, if it runs, and start it.",
    role=Restartable,
    params=RestartParams,
    aspect=Aspect.PERFORMANCE,
    risk=0.3,
    repeat=Repeat.PROBEABLE,
    preview=preview,
    snapshot=snapshot,
    apply=apply,
    restore=restore,
    restored=restored,
    effect=effect,
    reversibility=Reversibility.COMPENSABLE,
    irreversible="The earlier process, its memory and its open connections cannot be restored.",
)
