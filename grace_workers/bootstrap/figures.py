"""Sending the fleet's figures to a collector; OpenTelemetry is loaded only then."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import Metric

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.settings import figures_wanted, tracing_installed

log = structlog.get_logger()


@contextmanager
def sending_figures(runtime: Runtime, application: str, read: Callable[[], Iterable[Metric]]) -> Iterator[None]:
    """Send what `read` returns for the length of the block, if the environment names a collector."""
    if not figures_wanted():
        yield
        return
    if not tracing_installed():
        log.warning("figures_not_sent", why="the environment names an OTLP endpoint; pip install 'grace-workers[otel]'")
        yield
        return
    from grace_workers.adapters.otel.figures import FigureSender

    sender = FigureSender(application, runtime.instance, runtime.guards, read)
    try:
        yield
    finally:
        sender.close()
