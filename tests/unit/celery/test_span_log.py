"""What a job's spans are in its log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from grace_workers.entrypoints.tasks.span_log import SpanLog
from grace_workers.foundation.tracing import Attributes, current, past, root, span

PLACE = f"00-{'a' * 32}-{'b' * 16}-01"
NOW = datetime(2026, 6, 30, tzinfo=UTC)


class Traced:
    """A tracer that remembers its spans."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str | None]] = []

    @contextmanager
    def open(self, name: str, *, parent: str | None, attributes: Attributes) -> Iterator[str]:
        self.spans.append((name, parent))
        yield PLACE

    def past(self, name: str, *, parent: str, begun: datetime, ended: datetime, attributes: Attributes) -> None:
        self.spans.append((name, parent))

    def close(self) -> None:
        self.spans.clear()


def test_a_span_is_told_when_it_begins_and_when_it_ends_and_has_no_place_in_a_trace_without_one() -> None:
    with capture_logs() as lines, root(SpanLog(None), "job grace_heal", None):
        with span("stage plan", **{"grace.incident": "i", "grace.signals": 3}):
            assert current() is None
        past("job.wait", PLACE, NOW, NOW)
    told = [(one["event"], one["what"], one.get("signals"), one["log_level"]) for one in lines]
    assert told == [("began", "stage plan", 3, "debug"), ("ended", "stage plan", None, "debug")]
    assert "incident" not in lines[0]


def test_a_span_that_fails_is_told_with_its_error_and_raises_it() -> None:
    raised = pytest.raises(ValueError, match="odd")
    with capture_logs() as lines, raised, root(SpanLog(None), "job x", None), span("stage plan"):
        raise ValueError("odd")
    assert [(one["event"], one.get("error")) for one in lines] == [("began", None), ("failed", "ValueError")]


def test_what_is_traced_stays_traced() -> None:
    traced = Traced()
    with root(SpanLog(traced), "job x", PLACE):
        assert current() == PLACE
        with span("stage plan"):
            past("job.wait", PLACE, NOW, NOW)
    assert traced.spans == [("job x", PLACE), ("stage plan", PLACE), ("job.wait", PLACE)]
