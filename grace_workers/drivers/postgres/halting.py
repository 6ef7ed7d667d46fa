"""Cancelling a long statement when people stop everything."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from grace_workers.actions import HaltedError, halt_order

_LOOK = 0.2


@contextmanager
def cancelled_when_halted(session: psycopg.Connection[Any]) -> Iterator[None]:
    """Cancel the session's statement as soon as the step may not go on.

    Raises:
        HaltedError: it was cancelled for that.
    """
    ordered = halt_order()
    if ordered is None:
        yield
        return
    over, said = threading.Event(), list[str]()

    def watch() -> None:
        while not over.wait(_LOOK):
            why = ordered()
            if why is not None:
                said.append(why)
                session.cancel_safe(timeout=_LOOK)

    watcher = threading.Thread(target=watch, name="halt", daemon=True)
    watcher.start()
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        if said:
            raise HaltedError(said[0]) from error
        raise
    finally:
        over.set()
        watcher.join()
