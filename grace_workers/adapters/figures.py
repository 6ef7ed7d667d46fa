"""Sending the fleet's figures to a collector; OpenTelemetry is loaded only then."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import Metric

from grace_workers.adapters.guard import BreakerRegistry

log = structlog.get_logger()


@contextmanager
def sending_figures(
    service: str, instance: str, guards: BreakerRegistry, read: Callable[[], Iterable[Metric]], *, installed: bool
) -> Iterator[None]:
    """Send what `read` returns for the length of the block. Where the extra is not `installed`, that is logged."""
    if not installed:
        log.warning("figures_not_sent", why="the environment names an OTLP endpoint; pip install 'grace-workers[otel]'")
        yield
        return
    from grace_workers.adapters.otel.figures import FigureSender

    sender = FigureSender(service, instance, guards, read)
    try:
        yield
    finally:
        sender.close()
