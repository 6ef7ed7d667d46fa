"""`SpanLog`: the parts of a job as lines of its log, at the level debug, beside their traces if there are any."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic

import structlog

from grace_workers.foundation.tracing import Attributes, Tracer

log = structlog.get_logger(__name__)

# The job itself and the other jobs that it submits: the ledger tells of both.
_TOLD_ELSEWHERE = "job"


class SpanLog:
    """Implements `Tracer`. `inner` exports the spans; without it they have no place in a trace."""

    def __init__(self, inner: Tracer | None) -> None:
        self._inner = inner

    @contextmanager
    def open(self, name: str, *, parent: str | None, attributes: Attributes) -> Iterator[str]:
        """Open a span for the length of the block, and log when it begins and ends."""
        if name.startswith(_TOLD_ELSEWHERE):
            with self._opened(name, parent, attributes) as place:
                yield place
            return
        began = monotonic()
        log.debug("began", what=name, **_about(attributes))
        try:
            with self._opened(name, parent, attributes) as place:
                yield place
        except BaseException as error:
            log.debug("failed", what=name, took=round(monotonic() - began, 3), error=type(error).__name__)
            raise
        log.debug("ended", what=name, took=round(monotonic() - began, 3))

    @contextmanager
    def _opened(self, name: str, parent: str | None, attributes: Attributes) -> Iterator[str]:
        if self._inner is None:
            yield ""
        else:
            with self._inner.open(name, parent=parent or None, attributes=attributes) as place:
                yield place

    def past(self, name: str, *, parent: str, begun: datetime, ended: datetime, attributes: Attributes) -> None:
        """Record a span that has already ended."""
        if self._inner is not None:
            self._inner.past(name, parent=parent, begun=begun, ended=ended, attributes=attributes)

    def close(self) -> None:
        """Send what has not been sent."""
        if self._inner is not None:
            self._inner.close()


def _about(attributes: Attributes) -> Attributes:
    """Return the attributes by their short names, without what every line of the job carries."""
    return {name.removeprefix("grace."): value for name, value in attributes.items() if name != "grace.incident"}
