"""The sweep: the leader's check whether broker and ledger still agree.

It rings again only for a reason: the broker was emptied or replaced (all open jobs), or a lane has held fewer doorbells
than the ledger has rung jobs three times in a row (the difference, oldest first). Age proves nothing, because a job may
rightly wait behind a hundred thousand others. A job rung twice costs one claim that finds nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import many, one, run
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.work.doorbells import Doorbells, Lane

PATIENCE = 3

_EPOCH = "SELECT epoch FROM broker_epochs WHERE name = 'broker'"

_REMEMBER_EPOCH = """
INSERT INTO broker_epochs (name, epoch, seen_at) VALUES ('broker', %(epoch)s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, seen_at = excluded.seen_at
"""

_RING_ALL = """
UPDATE jobs SET ring_at = clock_timestamp()
WHERE state = 'queued' AND ring_at IS NULL AND due_at <= clock_timestamp()
"""

_RUNG = """
SELECT pool, priority, only_on, count(*) FROM jobs
WHERE state = 'queued' AND ring_at IS NULL AND due_at < clock_timestamp() - interval '1 second'
GROUP BY pool, priority, only_on
"""

# A lane is first in, first out, so a job whose doorbell is lost eventually becomes the oldest of its lane.
_RING_OLDEST = """
UPDATE jobs SET ring_at = clock_timestamp() WHERE id = ANY(ARRAY(
    SELECT id FROM jobs
    WHERE state = 'queued' AND ring_at IS NULL AND pool = %(pool)s AND priority = %(priority)s
        AND only_on IS NOT DISTINCT FROM %(only_on)s
        AND due_at < clock_timestamp() - interval '1 second'
    ORDER BY due_at, id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep rang again, and why: the broker lost everything, or single lanes had too few."""

    broker_changed: bool
    rung_again: int


class Sweep:
    """Compares ledger and broker. One per fleet, on the leader, about once a second."""

    def __init__(self, engine: Engine, doorbells: Doorbells) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._doorbells = doorbells
        self._short: Counter[Lane] = Counter()
        self._private: Sequence[Lane] = ()

    def sweep_once(self) -> Swept:
        """Return every job whose doorbell is certainly lost to the relay.

        Raises:
            TransientError: database or broker is unreachable.
        """
        with translated():
            if not self._broker_changed():
                return Swept(broker_changed=False, rung_again=self._compare())
            self._short.clear()
            # The epoch is recorded after the doorbells are due again, so a sweep that dies in between repeats the work.
            planted = self._doorbells.plant_marker()
            again = self._run(_RING_ALL, {})
            self._run(_REMEMBER_EPOCH, {"epoch": planted})
            return Swept(broker_changed=True, rung_again=again)

    def _broker_changed(self) -> bool:
        epoch = self._doorbells.epoch()
        with self._engine.connect() as connection:
            row = one(connection, _EPOCH, {})
        return epoch is None or row is None or row[0] != epoch

    def _compare(self) -> int:
        if not (self._short or self._private or self._rung()):
            # Counting the doorbells of every lane costs more than the rest of a sweep, and an idle fleet has none.
            return 0
        depths = self._doorbells.depths(self._private)
        ledger = self._rung()
        # A private lane seen for the first time is counted from the next look on.
        self._private = [lane for lane in ledger if lane.only_on is not None]
        missing = {lane: rung - depths[lane] for lane, rung in ledger.items() if lane in depths}
        self._short = Counter({lane: self._short[lane] + 1 for lane, count in missing.items() if count > 0})
        again = 0
        for lane in [lane for lane, times in self._short.items() if times >= PATIENCE]:
            which = {"pool": lane.pool.value, "priority": lane.priority, "only_on": lane.only_on}
            again += self._run(_RING_OLDEST, {**which, "most": missing[lane]})
            del self._short[lane]
        return again

    def _rung(self) -> Mapping[Lane, int]:
        with self._engine.connect() as connection:
            rows = many(connection, _RUNG, {})
        return {Lane.of(Pool(pool), Priority(priority), only_on): count for pool, priority, only_on, count in rows}

    def _run(self, statement: str, values: Mapping[str, object]) -> int:
        with self._engine.connect() as connection:
            return run(connection, statement, values)
