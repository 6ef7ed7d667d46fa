"""Waiting for what a cloud shows only some time after it has accepted a request."""

import time
from collections.abc import Callable
from typing import TypeVar

from grace_workers.foundation.errors import TransientError

T = TypeVar("T")

_FIRST_WAIT, _LONGEST_WAIT = 0.05, 5.0


def awaited(look: Callable[[], T], seen: Callable[[T], bool], late: str, *, within: float) -> T:
    """Look until it is seen, more and more rarely; `within` is in seconds.

    A look that fails in passing does not end the wait, because the caller would then repeat an accepted request.

    Raises:
        TransientError: it is not seen in time; its message is `late`, with the failure of the last look.
    """
    until, wait = time.monotonic() + within, _FIRST_WAIT
    while True:
        failed: TransientError | None = None
        try:
            if seen(found := look()):
                return found
        except TransientError as error:
            failed = error
        if time.monotonic() > until:
            raise TransientError(late if failed is None else f"{late} (the last look failed: {failed})")
        time.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)
