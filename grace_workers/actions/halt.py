"""Stopping a step that is under way. A step that takes long asks between two effects, and while it waits, to go on.

The line says what to ask; without it, as in a restore, a step always goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from grace_workers.foundation.errors import PermanentError

Ordered = Callable[[], str | None]
"""Returns why everything is to stop, or None."""

_ORDERED: ContextVar[Ordered | None] = ContextVar("grace_halt", default=None)


class HaltedError(PermanentError):
    """People stopped everything while the step was under way."""


@contextmanager
def haltable(ordered: Ordered) -> Iterator[None]:
    """Let what runs in the block ask `ordered` whether it may go on."""
    token = _ORDERED.set(ordered)
    try:
        yield
    finally:
        _ORDERED.reset(token)


def halt_order() -> Ordered | None:
    """Return what to ask, for a thread that watches over this one's work; None if nothing can stop it."""
    return _ORDERED.get()


def go_on() -> None:
    """Return if the step may go on. Raises HaltedError when it may not."""
    ordered = _ORDERED.get()
    why = None if ordered is None else ordered()
    if why is not None:
        raise HaltedError(why)
