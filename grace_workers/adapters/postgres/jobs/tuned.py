"""The levers as the fleet's own loops and claims observe them."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.incidents.documents import restored
from grace_workers.adapters.postgres.jobs.levers import ALL
from grace_workers.adapters.postgres.statement import many
from grace_workers.cycles import LeverSetting
from grace_workers.foundation.errors import GraceError
from grace_workers.orchestration.job import Pool, SlotLimits

FRESH_FOR = 1.0
_READ = f"SELECT name, document, now() FROM ({ALL}) l"  # noqa: S608 - only constants are put in


class Levers:
    """The levers in force. They are read at most once a second, and only by what has work to do.

    While they cannot be read, the last known values hold.
    """

    def __init__(self, engine: Engine | None, *, fresh_for: float = FRESH_FOR) -> None:
        """Without an engine nothing was ever set."""
        self._engine = None if engine is None else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._fresh_for = fresh_for
        self._reading = threading.Lock()
        self._read_at = float("-inf")
        self._ahead = timedelta(0)
        self._set: Mapping[str, LeverSetting] = {}

    def value(self, name: str, usual: int) -> int:
        """Return what is in force, reading it again if it is old. `usual` is what the settings say."""
        if self._engine is not None and time.monotonic() - self._read_at > self._fresh_for:
            self._read(self._engine)
        return self.known(name, usual)

    def known(self, name: str, usual: int) -> int:
        """Return what is in force as it was last read."""
        setting = self._set.get(name)
        return usual if setting is None else setting.at(datetime.now().astimezone() + self._ahead, usual)

    def milliseconds(self, name: str, usual: timedelta) -> timedelta:
        """Return what is in force of a lever that is a time."""
        return timedelta(milliseconds=self.value(name, round(usual / timedelta(milliseconds=1))))

    def limits(self, usual: SlotLimits) -> SlotLimits:
        """Return the limits in force on running jobs. A pool that has no limit gets none."""
        pools = {pool: self.value(f"{pool.value}_slots", most) for pool, most in usual.per_pool.items()}
        express = self.value("express_slots", usual.express)
        if pools == usual.per_pool and express == usual.express:
            return usual
        raised = sum(max(0, most - usual.per_pool[Pool(pool)]) for pool, most in pools.items())
        return replace(usual, total=usual.total + raised, per_pool=pools, express=express)

    def _read(self, engine: Engine) -> None:
        if not self._reading.acquire(blocking=False):
            return
        try:
            with translated(), engine.connect() as connection:
                rows = many(connection, _READ, {})
            self._set = {row[0]: restored(LeverSetting, row[1], f"lever {row[0]}") for row in rows}
            if rows:
                self._ahead = rows[0][2] - datetime.now().astimezone()
        except GraceError:
            # What asks is about to use the database itself, and reports that it is unreachable.
            return
        finally:
            self._read_at = time.monotonic()
            self._reading.release()


UNTOUCHED = Levers(None)
"""The levers of a fleet in which none was ever set."""
