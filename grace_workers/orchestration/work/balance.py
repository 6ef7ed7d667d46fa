"""Which agent's waiting jobs get the slots that both agents share: one at a time, to the less busy agent. Pure."""

from collections.abc import Mapping

from grace_workers.orchestration.job import NORMAL, Pool, SlotLimits


def balanced(
    waiting: Mapping[Pool, int], running: Mapping[Pool, int], limits: SlotLimits, shared: int
) -> Mapping[Pool, int]:
    """Return how many ordinary jobs of each pool may start, if `shared` slots are free for all of them together.

    `waiting` is how many could start by their pool's own limit. How busy a pool is, is the part of its limit that runs.
    """
    given = dict.fromkeys(waiting, 0)
    for _ in range(shared):
        open_ones = [pool for pool in waiting if given[pool] < waiting[pool]]
        if not open_ones:
            break
        next_one = min(open_ones, key=lambda pool: (_busy(pool, running.get(pool, 0) + given[pool], limits), pool))
        given[next_one] += 1
    return given


def _busy(pool: Pool, jobs: int, limits: SlotLimits) -> float:
    limit = limits.of_pool(pool, NORMAL) or 1
    return jobs / limit
