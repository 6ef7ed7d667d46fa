"""Whether this process sends traces and figures: OpenTelemetry's own variables ask for it, and the extra is there."""

import os
from importlib.util import find_spec

_ANY, _TRACES, _METRICS = (f"OTEL_EXPORTER_OTLP_{one}ENDPOINT" for one in ("", "TRACES_", "METRICS_"))
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


def tracing_wanted() -> bool:
    """Return whether the environment asks for traces: it names an OTLP endpoint and does not switch tracing off."""
    return _wanted(_TRACES, "OTEL_TRACES_EXPORTER")


def figures_wanted() -> bool:
    """Return whether the environment asks for figures: it names an OTLP endpoint and does not switch them off."""
    return _wanted(_METRICS, "OTEL_METRICS_EXPORTER")


def _wanted(endpoint: str, exporter: str) -> bool:
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get(exporter) == "none"
    return not off and any(os.environ.get(name) for name in (_ANY, endpoint))


def tracing_installed() -> bool:
    """Return whether the extra is installed."""
    try:
        return all(find_spec(name) is not None for name in _NEEDED)
    except ModuleNotFoundError:
        return False
