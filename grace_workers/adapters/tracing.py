"""Opening the tracer of a process; OpenTelemetry is loaded only then."""

from collections.abc import Callable

import structlog

from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.foundation.tracing import Tracer

log = structlog.get_logger()


def open_tracer(
    service: str, instance: str, guards: BreakerRegistry, *, wanted: bool, installed: Callable[[], bool]
) -> Tracer | None:
    """Return the tracer of this process, None unless `wanted`, and where the extra is not `installed`, with a log."""
    if not wanted:
        return None
    if not installed():
        log.warning("traces_not_sent", why="the environment names an OTLP endpoint; pip install 'grace-workers[otel]'")
        return None
    from grace_workers.adapters.otel.tracer import OpenTelemetryTracer

    return OpenTelemetryTracer(service, instance, guards)
