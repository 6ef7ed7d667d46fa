"""Forgetting what nobody asks for any more: ended jobs and signals, after their time. The audit log keeps its own."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.jobs.rows import run

BATCH = 2_000

_JOBS = """
DELETE FROM jobs WHERE id = ANY(ARRAY(
    SELECT id FROM jobs
    WHERE ended_at < clock_timestamp() - CASE
        WHEN state = 'dead' THEN %(dead)s::interval
        WHEN audited THEN %(jobs)s::interval
        ELSE %(unaudited)s::interval END
        AND ended_at < clock_timestamp() - %(least)s::interval
    ORDER BY ended_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
"""

# A signal's key refuses its second delivery, so it is kept for longer than any sender tries again. Its id begins with
# the time it was made, so the oldest are found by the key.
_SIGNALS = """
DELETE FROM signals WHERE id = ANY(ARRAY(
    SELECT s.id FROM signals s LEFT JOIN incidents i ON i.id = s.incident
    WHERE s.received_at < clock_timestamp() - %(signals)s::interval
        AND (i.id IS NULL OR i.state = 'closed')
    ORDER BY s.id LIMIT %(batch)s FOR UPDATE OF s SKIP LOCKED))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long ended work stays: audited jobs, periodic looks (unaudited), dead letters, and signals."""

    jobs: timedelta
    unaudited: timedelta
    dead: timedelta
    signals: timedelta


class Retention:
    """Deletes in batches, so that no turn locks many rows. One per fleet, on the leader."""

    def __init__(self, engine: Engine, keep: Keep) -> None:
        self._engine = engine
        self._keep = keep

    def forget_once(self) -> int:
        """Delete one batch of each kind; return how many rows went.

        Raises:
            TransientError: the database cannot be reached.
        """
        keep = self._keep
        values = {
            "jobs": keep.jobs,
            "unaudited": keep.unaudited,
            "dead": keep.dead,
            "signals": keep.signals,
            "least": min(keep.jobs, keep.unaudited, keep.dead),
            "batch": BATCH,
        }
        with translated(), self._engine.begin() as connection:
            return run(connection, _JOBS, values) + run(connection, _SIGNALS, values)
