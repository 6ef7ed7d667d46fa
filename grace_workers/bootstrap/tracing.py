"""Tracing, where it is wanted; else nothing of it is imported."""

import structlog

from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.foundation.tracing import Tracer
from grace_workers.settings import tracing_installed, tracing_wanted

log = structlog.get_logger()


def open_tracer(service: str, instance: str, guards: BreakerRegistry) -> Tracer | None:
    """Return the tracer of this process, or None: traces are not wanted, or the extra is missing, which is logged."""
    if not tracing_wanted():
        return None
    if not tracing_installed():
        log.warning("traces_not_sent", why="the environment names an OTLP endpoint; pip install 'grace-workers[otel]'")
        return None
    from grace_workers.adapters.otel.tracer import OpenTelemetryTracer

    return OpenTelemetryTracer(service, instance, guards)
