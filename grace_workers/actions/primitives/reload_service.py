"""Let a service read its configuration, certificates and log files again, without an end of service."""

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done
from grace_workers.actions.roles.reloadable import Reloadable
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, PermanentError


class ReloadParams(Document):
    """A reload has no choices."""


class ReloadBefore(Document):
    """Which start of the service ran."""

    incarnation: str


class ReloadService(Irrevocable[Reloadable, ReloadParams, ReloadBefore]):
    """Let a service read its configuration, certificates and log files again, without an end of service."""

    role = Reloadable
    params = ReloadParams
    kept = ReloadBefore
    cannot = "a reload cannot be taken back; put the earlier configuration back and reload again"

    def preview(self, service: Reloadable, params: ReloadParams) -> Preview:
        """Say what would read its configuration again, and what is asked before."""
        del params
        changes = f"reload the service, which runs as incarnation {_running(service)}"
        by = service.tested_by()
        first = (
            f"if its configuration passes {by}" if by else "without a test of its configuration, for none is declared"
        )
        return Preview(changes=(f"{changes}, {first}",), blast=BlastRadius(count=1, unit="service", share=0.0))

    def snapshot(self, service: Reloadable, params: ReloadParams) -> ReloadBefore:
        """Keep the incarnation, which a reload must not change."""
        del params
        return ReloadBefore(incarnation=_running(service))

    def apply(self, service: Reloadable, params: ReloadParams, before: ReloadBefore) -> Outcome:
        """Reload unless a test refuses the configuration, and see that it is still the same process."""
        del params
        if (said := service.objection()) is not None:
            words = f"nothing was reloaded, because {service.tested_by()} refuses the configuration"
            raise PermanentError(f"{words}: {said}")
        service.reload()
        now = _running(service)
        if now != before.incarnation:
            raise PermanentError(f"the service was incarnation {before.incarnation} and is {now} after the reload")
        return done(f"incarnation {now} has read its configuration again", incarnation=now)

    def answers(self, service: Reloadable, params: ReloadParams) -> bool:
        """Return whether it runs."""
        del params
        return service.incarnation() is not None


def _running(service: Reloadable) -> str:
    found = service.incarnation()
    if found is None:
        raise ConflictError("the service does not run, so it has nothing to reload; restart it instead")
    return found


DEFINITION = ReloadService().primitive(
    "reload_service",
    "Let a service read its configuration, certificates and log files again, without an end of service.",
    aspect=Aspect.CONFIG,
    risk=0.15,
    worst=BlastRadius(count=1, unit="service", share=0.0),
    irreversible="What the service has read, it keeps until the next reload.",
)
