"""Fleet-wide slots for the two agents' jobs: which jobs wait for one, and which is next when one frees.

A claim takes its slots itself, in the statement that claims (see `jobs.claimer`), and ending a job frees them. This is
the other half: jobs that found none wait, marked `waiting_slot`, and are rung again most urgent first.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from grace_workers.adapters.postgres.jobs.rows import BELL
from grace_workers.adapters.postgres.statement import many
from grace_workers.orchestration.job import EXPRESS_FROM, NORMAL, Pool, SlotLimits
from grace_workers.orchestration.work.balance import balanced
from grace_workers.orchestration.work.doorbells import Doorbell

AGENTS = "agents"
_MOST = 500

_WAITING = """
SELECT pool, count(*) FILTER (WHERE priority >= %(express)s AND ring_at <= now()),
    count(*) FILTER (WHERE priority < %(express)s AND ring_at <= now()), count(*) FILTER (WHERE ring_at > now())
FROM jobs WHERE state = 'queued' AND waiting_slot AND due_at <= now() GROUP BY pool
"""

_TAKEN = "SELECT scope, number FROM slots WHERE job_id IS NOT NULL"

# A job that was rung for a free slot gets this long to take it before it is rung once more.
_NEXT = f"""
UPDATE jobs j SET ring_at = now() + %(again)s::interval
WHERE j.id IN (
    SELECT w.id FROM jobs w
    WHERE w.state = 'queued' AND w.waiting_slot AND w.pool = %(pool)s AND w.due_at <= now() AND w.ring_at <= now()
        AND w.priority BETWEEN %(lowest)s AND %(highest)s
    ORDER BY w.priority DESC, w.due_at, w.id LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)
RETURNING {BELL}
"""  # noqa: S608 - only constants are put in


def limits_values(limits: SlotLimits) -> Mapping[str, Any]:
    """Return the limits as the parameters of a claim."""
    return {
        "limited": [pool.value for pool in limits.per_pool],
        "limits": list(limits.per_pool.values()),
        "total": limits.total,
        "extra": limits.express,
        "express": EXPRESS_FROM,
    }


def next_bells(connection: Connection, asked: Callable[[], SlotLimits], *, again: timedelta) -> Sequence[Doorbell]:
    """Return the doorbells of the waiting jobs for which a slot is free, most urgent first in each pool.

    What both agents share goes to the less busy one first. If it does not take it, as when none of its workers runs,
    the other is rung at the next look.

    `asked` is called for the limits only if a job waits. A doorbell taken here is not given again for `again`, and
    until then no other job of its pool is rung for its slot.
    """
    waiting = many(connection, _WAITING, {"express": EXPRESS_FROM})
    if not waiting:
        return []
    limits = asked()
    taken = [(row[0], row[1]) for row in many(connection, _TAKEN, {})]
    bells: list[Doorbell] = []
    could: dict[Pool, int] = {}
    busy = Counter(Pool(scope) for scope, _ in taken if scope != AGENTS)
    for name, urgent, ordinary, rung in waiting:
        pool = Pool(name)
        room = _room(limits, pool, taken, express=True) - rung
        first = _take(connection, pool, (EXPRESS_FROM, 10), min(urgent, room), again)
        could[pool] = max(0, min(ordinary, _room(limits, pool, taken, express=False) - rung - len(first)))
        bells += first
        busy[pool] += rung + len(first)
    shared = _free(AGENTS, limits.of_all(NORMAL), taken) - len(bells)
    for pool, most in balanced(could, busy, limits, shared).items():
        bells += _take(connection, pool, (1, EXPRESS_FROM - 1), most, again)
    return bells


def _room(limits: SlotLimits, pool: Pool, taken: Sequence[tuple[str, int]], *, express: bool) -> int:
    priority = EXPRESS_FROM if express else NORMAL
    limit = limits.of_pool(pool, priority)
    if limit is None:
        return _MOST
    return min(_free(pool.value, limit, taken), _free(AGENTS, limits.of_all(priority), taken))


def _free(scope: str, limit: int, taken: Sequence[tuple[str, int]]) -> int:
    return limit - sum(1 for place, number in taken if place == scope and number <= limit)


def _take(
    connection: Connection, pool: Pool, levels: tuple[int, int], most: int, again: timedelta
) -> Sequence[Doorbell]:
    if most <= 0:
        return []
    lowest, highest = levels
    values = {"pool": pool.value, "lowest": lowest, "highest": highest, "most": most, "again": again}
    rows = many(connection, _NEXT, values)
    return sorted((BELL.read(row) for row in rows), key=lambda bell: (-bell.priority, bell.job_id))
