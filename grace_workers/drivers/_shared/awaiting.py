"""Waiting for what a cloud shows only some time after it has accepted a request."""

import time
from collections.abc import Callable
from typing import TypeVar

from grace_workers.foundation.errors import TransientError

T = TypeVar("T")

_FIRST_WAIT, _LONGEST_WAIT = 0.05, 5.0


def awaited(look: Callable[[], T], seen: Callable[[T], bool], late: str, *, within: float) -> T:
    """Look until it is seen, more and more rarely; `within` is in seconds.

    Raises:
        TransientError: it is not seen in time; `late` is its message.
    """
    until, wait = time.monotonic() + within, _FIRST_WAIT
    while not seen(found := look()):
        if time.monotonic() > until:
            raise TransientError(late)
        time.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)
    return found
