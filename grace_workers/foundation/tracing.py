"""Traces as a port: the path of one piece of work through processes, as a tree of spans.

Only an edge (a request, a job) opens a root, with the tracer of its process. Below it, `span` makes a child of the span
open in this thread, and costs nothing if no tracer is installed. A span's place in its trace travels as text, the
`traceparent` of W3C Trace Context.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

_TRACEPARENT = re.compile(r"00-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

Attributes = Mapping[str, str | int | float | bool]


class Tracer(Protocol):
    """Makes spans and exports them in the background."""

    def open(self, name: str, *, parent: str | None, attributes: Attributes) -> AbstractContextManager[str]:
        """Open a span for the length of the block, and yield its traceparent. An exception marks it as failed."""

    def past(self, name: str, *, parent: str, begun: datetime, ended: datetime, attributes: Attributes) -> None:
        """Record a span that has already ended."""

    def close(self) -> None:
        """Send what has not been sent."""


@dataclass(frozen=True, slots=True)
class _Open:
    tracer: Tracer
    traceparent: str


_innermost: ContextVar[_Open | None] = ContextVar("grace_open_span", default=None)


@contextmanager
def root(tracer: Tracer | None, name: str, parent: str | None, /, **attributes: str | float) -> Iterator[None]:
    """Open the first span of this process's part; `parent` is the traceparent that came with the work, if any."""
    if tracer is None:
        yield
        return
    with _opened(tracer, name, sound(parent), attributes):
        yield


@contextmanager
def span(name: str, /, **attributes: str | float) -> Iterator[None]:
    """Open a span below the innermost one of this thread; without one, do nothing."""
    around = _innermost.get()
    if around is None:
        yield
        return
    with _opened(around.tracer, name, around.traceparent, attributes):
        yield


def past(name: str, parent: str | None, begun: datetime, ended: datetime, /, **attributes: str | float) -> None:
    """Record a span that has ended, when this thread is traced and `parent` came with the work."""
    around = _innermost.get()
    parent = sound(parent)
    if around is not None and parent is not None:
        around.tracer.past(name, parent=parent, begun=begun, ended=max(begun, ended), attributes=attributes)


def current() -> str | None:
    """Return the traceparent of the innermost span of this thread, to be sent along with work."""
    around = _innermost.get()
    # Spans that are only logged have no place in a trace.
    return None if around is None else around.traceparent or None


def unless_here(origin: str | None) -> str | None:
    """Return `origin` when work of its trace is to continue there, and None when the innermost span belongs to it.

    Whoever joins later has a trace of their own: the person that answers a question, the leader that finds stalled
    work.
    """
    here = current()
    return None if here is not None and trace_id(here) == trace_id(origin) else origin


def trace_id(traceparent: str | None) -> str | None:
    """Return the trace that a traceparent belongs to; None for none, or a malformed one."""
    found = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
    return None if found is None else found["trace"]


def sound(traceparent: str | None) -> str | None:
    """Return `traceparent` when it is well formed, else None, because anyone may have sent it."""
    return traceparent if trace_id(traceparent) is not None else None


@contextmanager
def _opened(tracer: Tracer, name: str, parent: str | None, attributes: Attributes) -> Iterator[None]:
    with tracer.open(name, parent=parent, attributes=attributes) as traceparent:
        token = _innermost.set(_Open(tracer, traceparent))
        try:
            yield
        finally:
            _innermost.reset(token)
