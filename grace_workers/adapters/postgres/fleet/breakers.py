"""This process's breakers, where the whole fleet sees them.

A background thread writes them, so that no outside call waits for the database. It runs only while a breaker of this
process is not closed.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.adapters.guard import Board, GuardStatus
from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import many, run
from grace_workers.foundation.breaker import BreakerState
from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.fleet.watch import OpenBreaker

_EVERY = 1.0
# A process that has been silent for this long has ended, and its breakers with it.
_FRESH = timedelta(seconds=15)

_STATUS = Columns(GuardStatus)

_WRITE = f"""
INSERT INTO breakers AS b (instance, process, {_STATUS}) VALUES (%(instance)s, %(process)s, {_STATUS.marks})
ON CONFLICT (instance, process, name) DO UPDATE SET state = excluded.state, failures = excluded.failures,
    openings = excluded.openings, changed_at = now(), seen_at = now()
"""  # noqa: S608 - only constants are put in

_TOUCH = "UPDATE breakers SET seen_at = now() WHERE instance = %(instance)s AND process = %(process)s"

_FORGET = "DELETE FROM breakers WHERE instance = %(instance)s AND seen_at < now() - interval '1 hour'"


class PostgresBoard(Board):
    """Implements `guard.Board` for one process."""

    def __init__(self, engine: Engine, instance: str, process: Callable[[], str]) -> None:
        """`process` returns the calling process's name, because a forked child inherits the object but not the name."""
        self._engine = engine
        self._instance = instance
        self._process = process
        self._lock = threading.Lock()
        self._news: dict[str, GuardStatus] = {}
        self._open: set[str] = set()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, status: GuardStatus) -> None:
        with self._lock:
            self._news[status.name] = status
            (self._open.discard if status.state is BreakerState.CLOSED else self._open.add)(status.name)
            # A forked child inherits the object but not the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="breakers", daemon=True)
                self._thread.start()
        self._woken.set()

    @property
    def _me(self) -> Mapping[str, str]:
        return {"instance": self._instance, "process": self._process()}

    def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                self._turn()
            except TransientError:
                # The breaker itself works without the database; the next turn publishes it.
                self._woken.wait(_EVERY)
                continue
            with self._lock:
                if not self._news and not self._open:
                    self._thread = None
                    return
            self._woken.wait(_EVERY)

    def _turn(self) -> None:
        with self._lock:
            news = dict(self._news)
        with translated(), self._engine.begin() as connection:
            run(connection, _FORGET, self._me)
            run(connection, _TOUCH, self._me)
            for status in news.values():
                run(connection, _WRITE, {**self._me, **_STATUS.values(status)})
        with self._lock:
            for name, status in news.items():
                if self._news.get(name) is status:
                    del self._news[name]


_OPEN_BREAKER = Columns(OpenBreaker)

_OPEN = f"""
SELECT {_OPEN_BREAKER} FROM breakers
WHERE state <> 'closed' AND seen_at > now() - %(fresh)s::interval ORDER BY instance, name, process
"""  # noqa: S608


def open_breakers(engine: Engine) -> Sequence[OpenBreaker]:
    """Return the breakers of living processes that are not closed. Raises TransientError without a database."""
    with translated(), engine.begin() as connection:
        rows = many(connection, _OPEN, {"fresh": _FRESH})
    return [_OPEN_BREAKER.read(row) for row in rows]
