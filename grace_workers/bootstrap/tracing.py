"""Tracing, when the environment asks for it in OpenTelemetry's own words; else nothing is imported."""

import os
from importlib.util import find_spec

import structlog

from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.foundation.tracing import Tracer

_ASKED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")

log = structlog.get_logger()


def tracing_wanted() -> bool:
    """Return whether the environment asks for traces: it names an OTLP endpoint and does not switch tracing off."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    return not off and any(os.environ.get(name) for name in _ASKED)


def tracing_installed() -> bool:
    """Return whether the extra is there."""
    try:
        return all(find_spec(name) is not None for name in _NEEDED)
    except ModuleNotFoundError:
        return False


def open_tracer(service: str, instance: str, guards: BreakerRegistry) -> Tracer | None:
    """Return the tracer of this process, or None: nobody asks for one, or the extra is missing, which is logged."""
    if not tracing_wanted():
        return None
    if not tracing_installed():
        log.warning("traces_not_sent", why="the environment names an OTLP endpoint; pip install 'grace-workers[otel]'")
        return None
    from grace_workers.adapters.otel.tracer import OpenTelemetryTracer

    return OpenTelemetryTracer(service, instance, guards)
