"""The fleet's time: the database's, so that a machine whose clock is wrong does no harm to what all share."""

import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import one
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import GraceError

# A machine's monotonic clock drifts by well under a millisecond in this time.
LOOK_EVERY = 60.0
_LOOK_AGAIN = 1.0


class DatabaseClock(Clock):
    """Implements `Clock`. It asks the database once a minute and counts the machine's own ticks in between.

    Until the database has answered once it returns the machine's time. It never raises, and only one caller at a
    time waits for the database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turn = threading.Lock()
        self._look_at = 0.0
        self._zero: datetime | None = None

    def now(self) -> datetime:
        if time.monotonic() >= self._look_at and self._turn.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._turn.release()
        zero = self._zero
        return datetime.now(UTC) if zero is None else zero + timedelta(seconds=time.monotonic())

    def monotonic(self) -> float:
        return time.monotonic()

    def _look(self) -> None:
        """Ask for the wall time at which the monotonic clock was zero, accurate to half a round trip."""
        try:
            with translated(), self._engine.connect() as connection:
                asked = time.monotonic()
                (said,) = one(connection, "SELECT clock_timestamp()", {})
                answered = time.monotonic()
        except GraceError:
            self._look_at = time.monotonic() + _LOOK_AGAIN
            return
        self._zero = said.astimezone(UTC) - timedelta(seconds=(asked + answered) / 2)
        self._look_at = answered + LOOK_EVERY
