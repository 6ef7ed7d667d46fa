"""A process that should send traces without the extra for it says so once, and goes on without."""

from structlog.testing import capture_logs

from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.tracing import open_tracer


def test_without_the_extra_it_is_said_and_nothing_is_traced() -> None:
    with capture_logs() as logged:
        assert open_tracer("grace", "here", BreakerRegistry(), wanted=True, installed=lambda: False) is None
    assert [(line["event"], "grace-workers[otel]" in line["why"]) for line in logged] == [("traces_not_sent", True)]
