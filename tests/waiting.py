"""Waiting for a condition, with a deadline, instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(
    predicate: Callable[[], T], *, within: float, every: float = 0.02, instead: Callable[[], object] | None = None
) -> T:
    """Return the first truthy value of `predicate`; fail when none comes within `within` seconds.

    `instead` tells the failure what was there instead.
    """
    deadline = time.monotonic() + within
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            seen = "" if instead is None else f"; instead: {instead()!r}"
            raise AssertionError(f"condition not met within {within} s; last value {value!r}{seen}")
        time.sleep(every)


def let_pass(seconds: float) -> None:
    """Let that much time pass, so that a kill comes at a random moment; never to win a race."""
    time.sleep(seconds)
