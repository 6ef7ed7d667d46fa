"""One look for all loops of a node: whether jobs wait to be rung, events to be moved, or entries to be sealed.

Relay, mover and sealer would otherwise look twenty times a second each, in vain while a fleet is idle.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection, Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.jobs.tuned import UNTOUCHED, Levers
from grace_workers.adapters.postgres.statement import one
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.standby import STAND_IN_EVERY, News, looks_every

POLL = timedelta(milliseconds=50)
# After so many seconds in which nothing waited, it looks so many times less often. What a process of the fleet submits
# is rung by itself; so only what a caller's own transaction wrote, or what falls due, waits for the next look.
_CALM_AFTER = ((30.0, 4), (2.0, 2))

_LOOK = """
SELECT EXISTS (SELECT FROM jobs WHERE state = 'queued' AND ring_at <= now() AND NOT waiting_slot)
        OR EXISTS (SELECT FROM jobs WHERE state = 'queued' AND waiting_slot AND due_at <= now()),
    EXISTS (SELECT FROM event_outbox), EXISTS (SELECT FROM audit_inbox)
"""


class Lookout:
    """Looks for all three, and wakes each loop that has something to do. The one that `leads` looks often."""

    def __init__(
        self,
        engine: Engine,
        *,
        poll: timedelta = POLL,
        leads: Callable[[], bool] = lambda: True,
        levers: Levers = UNTOUCHED,
    ) -> None:
        self.jobs, self.events, self.entries = News(), News(), News()
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._poll = self._usual = poll
        self._levers = levers
        self._leads = leads
        self._found_at = time.monotonic()

    def look(self, connection: Connection) -> None:
        """Look once. Raises TransientError without a database."""
        with translated():
            found = one(connection, _LOOK, {})
        if any(found):
            self._found_at = time.monotonic()
            # Read only now, because an idle fleet has no use for it.
            self._poll = self._levers.milliseconds("look_every", self._usual)
        for there, news in zip(found, (self.jobs, self.events, self.entries), strict=True):
            if there:
                news.tell()

    @property
    def _rhythm(self) -> timedelta:
        calm = time.monotonic() - self._found_at
        return self._poll * next((slower for after, slower in _CALM_AFTER if calm > after), 1)

    def run(self, stop: threading.Event) -> None:
        """Look until `stop` is set, then wake the loops so that they end. They report a lost database themselves."""
        while not stop.is_set():
            try:
                # Taking a connection from the pool costs as much as the query, so one is kept.
                with translated(), self._engine.connect() as connection:
                    while not stop.is_set():
                        self.look(connection)
                        stop.wait(looks_every(self._rhythm, self._leads))
            except TransientError:
                stop.wait(STAND_IN_EVERY.total_seconds())
        for news in (self.jobs, self.events, self.entries):
            news.tell()
