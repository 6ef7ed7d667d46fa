"""Asking something that may never answer, with a limit on the wait."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as OutOfTimeError
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

from grace_workers.foundation.daemons import Daemons
from grace_workers.foundation.errors import TransientError

T = TypeVar("T")


class Bounded:
    """Puts each question to `whom` on a separate thread, which a process need not wait for when it ends.

    A frozen server does not trigger its driver's timeout. At most `most` questions hang at a time; while they do,
    further ones are refused.
    """

    def __init__(self, whom: str, *, within: timedelta, most: int = 8) -> None:
        self._whom = whom
        self._within = within
        self._most = most
        self._free = threading.BoundedSemaphore(most)
        self._threads = Daemons(f"ask-{whom}")

    def ask(self, question: Callable[[], T], *, within: timedelta | None = None) -> T:
        """Return the answer, or raise what the question raises.

        Raises:
            TransientError: there is no answer in time, or too many questions already hang.
        """
        patience = within or self._within
        seconds = patience.total_seconds()
        if not self._free.acquire(timeout=seconds):
            raise TransientError(f"{self._whom} has not answered {self._most} earlier requests yet")
        answer: Future[T] = Future()
        self._threads.start(partial(self._put, question, answer))
        try:
            return answer.result(seconds)
        except OutOfTimeError as error:
            if answer.done():
                raise
            raise TransientError(f"{self._whom} did not answer within {seconds:g} s") from error

    def around(self, reader: T, *, within: timedelta | None = None) -> T:
        """Return `reader` with each call of its methods limited in this way. It has the same type."""
        return cast("T", _Asked(self, reader, within))

    def _put(self, question: Callable[[], T], answer: "Future[T]") -> None:
        try:
            answer.set_result(question())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the question was asked
            answer.set_exception(error)
        finally:
            self._free.release()


class _Asked:
    """All attributes of `reader`, with its methods as bounded questions."""

    def __init__(self, bounded: Bounded, reader: object, within: timedelta | None) -> None:
        self._bounded = bounded
        self._reader = reader
        self._within = within

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._reader, name)
        if not callable(found):
            return found
        return lambda *arguments, **named: self._bounded.ask(partial(found, *arguments, **named), within=self._within)
