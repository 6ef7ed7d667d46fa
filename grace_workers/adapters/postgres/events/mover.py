"""The mover: takes committed events from the outbox, gives each the next position, and puts it into the log.

Any number may run; the lock on `event_head` admits one at a time. A pass is one transaction inside the server, so a
mover that dies leaves everything as it was. Committed events are taken in the order in which they were published: an
event that happened after another was readable, or in the same transaction, comes after it.
"""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import one, run
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.standby import News, looks_every

log = structlog.get_logger()

BATCH = 1_000
KEEP = timedelta(days=7)
MOST_KEPT = 1_000_000
_PAUSE = 0.25
_TRIM_BATCH = 5_000

_WAITING = "SELECT EXISTS (SELECT FROM event_outbox)"

# In a separate statement: the next one's snapshot is then taken after the lock, and sees what the last mover did.
_TAKE_HEAD = "SELECT newest, trimmed FROM event_head FOR UPDATE SKIP LOCKED"

# A mover that freezes between two statements blocks all others until its session is ended.
_LIMITS = "SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '1s'"

# The first publication of an id counts; another is dropped while the log still has the first.
_MOVE = """
WITH due AS (
    SELECT number FROM event_outbox ORDER BY number LIMIT %(most)s
), taken AS (
    DELETE FROM event_outbox WHERE number = ANY(ARRAY(SELECT number FROM due))
    RETURNING number, id, topic, key, body, at
), firsts AS (
    SELECT min(number) AS number FROM taken t WHERE NOT EXISTS (SELECT FROM events e WHERE e.id = t.id) GROUP BY t.id
), logged AS (
    INSERT INTO events (position, id, topic, key, body, at, logged_at)
    SELECT %(newest)s::bigint + row_number() OVER (ORDER BY t.number), t.id, t.topic, t.key, t.body, t.at,
        clock_timestamp()
    FROM taken t JOIN firsts USING (number)
    RETURNING position
), raised AS (
    UPDATE event_head SET newest = (SELECT max(position) FROM logged) WHERE EXISTS (SELECT FROM logged)
)
SELECT count(*) FROM taken
"""

_TRIM = """
WITH bound AS (
    SELECT greatest(
        (SELECT position FROM events WHERE logged_at < clock_timestamp() - %(keep)s::interval
            ORDER BY logged_at DESC, position DESC LIMIT 1),
        %(newest)s::bigint - %(most)s::bigint
    ) AS position
), gone AS (
    DELETE FROM events
    WHERE position <= least((SELECT position FROM bound), %(trimmed)s::bigint + %(batch)s) RETURNING position
), told AS (
    UPDATE event_head SET trimmed = (SELECT max(position) FROM gone) WHERE EXISTS (SELECT FROM gone)
)
SELECT count(*) FROM gone
"""


class EventMover:
    """Moves one database's events, and deletes expired ones. The one that `leads` looks every `poll`."""

    def __init__(
        self,
        engine: Engine,
        *,
        poll: timedelta = timedelta(milliseconds=50),
        keep: timedelta = KEEP,
        most: int = MOST_KEPT,
        leads: Callable[[], bool] = lambda: True,
        news: News | None = None,
    ) -> None:
        """With `news`, it waits for news instead of looking every `poll`."""
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._poll = poll
        self._leads = leads
        self._news = news
        self._keep = keep
        self._most = most

    def move_once(self) -> int:
        """Move up to 1,000 events and return how many left the outbox; 0 also while another mover is at work.

        Raises:
            TransientError: the database is unreachable; either nothing was moved, or the whole batch.
        """
        with translated():
            with self._alone.connect() as connection:
                if not one(connection, _WAITING, {})[0]:
                    return 0
            with self._engine.begin() as connection:
                run(connection, _LIMITS, {})
                head = one(connection, _TAKE_HEAD, {})
                return 0 if head is None else int(one(connection, _MOVE, {"newest": head[0], "most": BATCH})[0])

    def trim_once(self) -> int:
        """Delete the oldest events that are expired or too many, up to 5,000, and return how many.

        Raises:
            TransientError: the database is unreachable.
        """
        with translated(), self._engine.begin() as connection:
            run(connection, _LIMITS, {})
            head = one(connection, _TAKE_HEAD, {})
            if head is None:
                return 0
            newest, trimmed = head
            values = {"newest": newest, "trimmed": trimmed, "keep": self._keep, "most": self._most}
            return int(one(connection, _TRIM, {**values, "batch": _TRIM_BATCH})[0])

    def trim(self) -> None:
        """Delete all events that are expired or too many, in short transactions. Raises TransientError."""
        while self.trim_once() == _TRIM_BATCH:
            continue

    def run(self, stop: threading.Event) -> None:
        """Move until `stop` is set. While the database is unreachable it waits; this is logged once."""
        waiting = False
        while not stop.is_set():
            try:
                moved = self.move_once()
            except TransientError as error:
                if not waiting:
                    log.warning("events_wait", error=str(error))
                waiting = True
                stop.wait(_PAUSE)
                continue
            waiting = False
            if moved == 0 and self._news is not None:
                self._news.wait()
            elif moved < BATCH:
                stop.wait(looks_every(self._poll, self._leads))
