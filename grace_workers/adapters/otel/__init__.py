"""OpenTelemetry, of the extra `grace-workers[otel]`."""
