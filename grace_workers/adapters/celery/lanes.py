"""Names on the broker: queues, their `.express` twins, the ten levels, wake lists and the lease tables.

Celery counts levels from 0, the most urgent; this product counts priorities up to 10, the most urgent.
"""

from urllib.parse import quote

from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.work.doorbells import Lane

LEVELS = tuple(range(10))
# The stock separator: with another one, we could not read the bindings of a foreign application in the same database,
# and it could not read ours.
SEPARATOR = "\x06\x16"
EXPRESS_SUFFIX = ".express"
PRIVATE_PREFIX = "only:"
# Separate tables, never the stock `unacked`: a short lease must not restore what a foreign application's worker holds.
LEASED_KEY = "grace.leased"
LEASES_KEY = "grace.leases"
# Parked messages, with which no job could be claimed, and how many were ever parked.
UNREADABLE_KEY = "grace.unreadable"
UNREADABLE_COUNT_KEY = "grace.unreadable.count"
MARKER_KEY = "grace.marker"
PRESENCE_PREFIX = "grace.present:"
# The question to a worker where one of its jobs is.
JOB_STACK = "grace_job_stack"
WAKE_SUFFIX = ":wake"
WAKE_TOKENS = 64
WAKE_SECONDS = 60


def level_of(priority: Priority) -> int:
    """Return the broker level of a priority: 10 -> 0, 1 -> 9."""
    return 10 - priority


def queue_name(pool: Pool, *, express: bool = False) -> str:
    """Return the queue of a pool, or its express twin."""
    return f"{pool.value}{EXPRESS_SUFFIX}" if express else pool.value


def private_name(pool: Pool, instance: InstanceName) -> str:
    """Return the queue of one instance's pool alone. Odd characters in the name would split a list of queues."""
    return f"{PRIVATE_PREFIX}{quote(instance, safe='')}:{pool.value}"


def presence_key(pool: str, instance: str) -> str:
    """Return the key under which an instance's worker of the pool reports that it is at work."""
    return f"{PRESENCE_PREFIX}{pool}@{instance}"


def queue_of_lane(lane: Lane) -> str:
    """Return the queue that contains a lane."""
    if lane.only_on is not None:
        return private_name(lane.pool, lane.only_on)
    return queue_name(lane.pool, express=lane.express)


def list_key(queue: str, level: int) -> str:
    """Return the Redis list of one queue and level; level 0 is the bare queue name, as in stock kombu."""
    return f"{queue}{SEPARATOR}{level}" if level else queue


def wake_key(queue: str) -> str:
    """Return the list on which idle workers of `queue` wait for a token."""
    return f"{queue}{WAKE_SUFFIX}"


def is_express(queue: str) -> bool:
    """Whether `queue` is an express twin."""
    return queue.endswith(EXPRESS_SUFFIX)
