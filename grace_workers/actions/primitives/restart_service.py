"""Stop a service, if it runs, and start it."""

from datetime import timedelta

from grace_workers.actions.act import Act
from grace_workers.actions.params import Span
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, Repeat, done, unchanged
from grace_workers.actions.roles.restartable import Restartable
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError


class RestartParams(Document):
    """`grace_period` is how long the service may take to stop by itself."""

    grace_period: Span = timedelta(seconds=10)


class ServiceBefore(Document):
    """Whether a service ran, and as which incarnation."""

    running: bool
    incarnation: str | None


class RestartService(Act[Restartable, RestartParams, ServiceBefore]):
    """Stop a service, if it runs, and start it."""

    role = Restartable
    params = RestartParams
    kept = ServiceBefore
    repeat = Repeat.PROBEABLE

    def preview(self, service: Restartable, params: RestartParams) -> Preview:
        """Return what would be stopped and started."""
        status = service.status()
        blast = BlastRadius(count=1, unit="service", share=1.0)
        if not status.running:
            return Preview(changes=("start the service, which is not running",), blast=blast)
        seconds = params.grace_period.total_seconds()
        return Preview(
            changes=(f"stop incarnation {status.incarnation}, by force after {seconds:g} s", "start the service"),
            blast=blast,
        )

    def snapshot(self, service: Restartable, params: RestartParams) -> ServiceBefore:
        """Save whether it ran, and as which incarnation."""
        del params
        status = service.status()
        return ServiceBefore(running=status.running, incarnation=status.incarnation)

    def apply(self, service: Restartable, params: RestartParams, before: ServiceBefore) -> Outcome:
        """Restart, unless that has happened since the snapshot, or a running service could not start again."""
        if self.effect(service, params, before) is Effect.PRESENT:
            return unchanged("the service was restarted since the snapshot")
        if before.running and (said := service.objection()) is not None:
            raise PermanentError(f"nothing was restarted, because the service would not start again: {said}")
        service.stop(params.grace_period)
        status = service.start()
        return done(f"the service runs as incarnation {status.incarnation}", incarnation=status.incarnation)

    def effect(self, service: Restartable, params: RestartParams, before: ServiceBefore) -> Effect:
        """Present when another incarnation than the snapshot's runs."""
        del params
        status = service.status()
        restarted = status.running and status.incarnation != before.incarnation
        return Effect.PRESENT if restarted else Effect.ABSENT

    def restore(self, service: Restartable, params: RestartParams, before: ServiceBefore) -> Outcome:
        """Start it if it ran before, and stop it if it did not."""
        if self.restored(service, params, before):
            return unchanged("the service is already in its earlier state")
        if before.running:
            service.start()
            return done("the service is running again")
        service.stop(params.grace_period)
        return done("the service is stopped again, as it was before")

    def restored(self, service: Restartable, params: RestartParams, before: ServiceBefore) -> bool:
        """Return whether it runs exactly if it ran before."""
        del params
        return service.status().running == before.running


DEFINITION = RestartService().primitive(
    "restart_service",
    "Stop a service, if it runs, and start it.",
    aspect=Aspect.PERFORMANCE,
    risk=0.3,
    worst=BlastRadius(count=1, unit="service", share=1.0),
    irreversible="The earlier process, its memory and its open connections cannot be restored.",
)
