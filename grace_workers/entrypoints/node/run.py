"""Running a node in the foreground, until it is told to stop."""

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from grace_workers.node.node import Node
from grace_workers.node.ports import NodeParts
from grace_workers.node.progress import Tell

_LOOK = 0.5
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = structlog.get_logger()


class StopRequested(BaseException):
    """A signal asked the node to stop. Not an Exception, so that no boundary takes it for a failure."""


def run_node(parts: NodeParts, *, progress: Tell, ready: Callable[[Node], bool], at_once: bool = False) -> None:
    """Start the node, call `ready`, and stay until a signal when that returns true. Stops everything on every path.

    A node whose boots keep failing waits before the next one, unless `at_once`. Only for the main thread. SIGINT,
    SIGTERM or SIGHUP stops the node politely; a second one, at once.

    Raises:
        GraceError: the node cannot start; the message says why and what to do.
    """
    signals = _Signals()
    node = Node(parts, progress, torn=lambda: signals.stopping)
    with signals.caught(node.hurry):
        try:
            node.start(at_once=at_once)
            if ready(node):
                _sleep_until_signal()
        except StopRequested:
            pass
        except Exception as error:
            if not signals.stopping:
                raise
            # The signal interrupted a call, and what it left behind complained on the way out.
            log.debug("torn_by_the_stop", error=str(error))
        finally:
            signals.stopping = True
            node.stop()


class _Signals:
    """The first signal raises StopRequested, wherever the main thread is; the later ones call `hurry`."""

    def __init__(self) -> None:
        self.stopping = False
        self._hurry: Callable[[], None] = lambda: None

    @contextmanager
    def caught(self, hurry: Callable[[], None]) -> Iterator[None]:
        """Catch the stopping signals for the length of the block."""
        self._hurry = hurry
        earlier = {number: signal.signal(number, self._arrived) for number in _STOPPING}
        try:
            yield
        finally:
            for number, previous in earlier.items():
                signal.signal(number, previous)

    def _arrived(self, number: int, _frame: FrameType | None) -> None:
        if self.stopping:
            self._hurry()
        else:
            self.stopping = True
            # An interrupted query to the database spoils its connection, and the pool logs that at length.
            logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
            raise StopRequested(signal.Signals(number).name)


def _sleep_until_signal() -> None:
    # The kernel may deliver a signal to any thread, which would not wake the main one, and only that one handles it.
    while True:
        time.sleep(_LOOK)
