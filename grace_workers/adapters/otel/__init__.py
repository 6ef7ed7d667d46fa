"""OpenTelemetry, in the extra `grace-workers[otel]`."""
