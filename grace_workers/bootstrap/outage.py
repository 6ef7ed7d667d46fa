"""Which of the servers is away: the excuse of a process whose self-test fails for want of one."""

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Engine, text

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.postgres.engine import make_engine, translated
from grace_workers.bootstrap.addresses import Addresses
from grace_workers.bootstrap.ledger import doorbells_of
from grace_workers.foundation.errors import TransientError

_FRESH_SECONDS = 0.5
_ANSWERS_WITHIN = timedelta(seconds=1)


@dataclass
class Outage:
    """Asks database and broker. One answer serves all who ask within half a second."""

    engine: Engine
    doorbells: DoorbellPublisher
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: float | None = None
    _found: str | None = None

    def __call__(self) -> str | None:
        """Return what is away, in a few words, or None when both servers answer."""
        with self._lock:
            if self._asked is None or time.monotonic() - self._asked > _FRESH_SECONDS:
                self._found = self._look()
                self._asked = time.monotonic()
            return self._found

    def _look(self) -> str | None:
        try:
            with translated(), self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except TransientError:
            return "the database is unreachable"
        try:
            self.doorbells.epoch()
        except TransientError:
            return "the broker is unreachable"
        return None


def outage_of(found: Addresses) -> Outage:
    """Return the look at these servers. Nothing connects before the first question."""
    url = found.database.get_secret_value()
    engine = make_engine(url, application="grace-node", pool_size=1, statement_timeout=_ANSWERS_WITHIN)
    return Outage(engine, doorbells_of(found))
