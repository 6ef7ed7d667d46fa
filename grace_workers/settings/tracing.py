"""Whether this process sends traces: OpenTelemetry's own variables ask for them, and the extra is installed."""

import os
from importlib.util import find_spec

_ASKED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


def tracing_wanted() -> bool:
    """Return whether the environment asks for traces: it names an OTLP endpoint and does not switch tracing off."""
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    return not off and any(os.environ.get(name) for name in _ASKED)


def tracing_installed() -> bool:
    """Return whether the extra is installed."""
    try:
        return all(find_spec(name) is not None for name in _NEEDED)
    except ModuleNotFoundError:
        return False
