"""The queues of a server, as Celery and others keep them."""

from typing import cast

from grace_workers.actions import WorkQueue
from grace_workers.drivers.redis.server import RedisServer

# Celery keeps each priority of a queue except the first in a separate list, with this suffix after the queue's name.
_PRIORITY, _PRIORITIES = "\x06\x16", range(1, 10)


class RedisQueues(WorkQueue):
    """The queues of one server. It connects at the first use."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def length(self, queue: str) -> int:
        what = f"queue {queue!r}"
        with self._server.asked(what, "it cannot be read as a list") as server, server.pipeline(False) as asked:
            for key in lists_of(queue):
                asked.llen(key)
            return sum(cast("list[int]", asked.execute()))


def lists_of(queue: str) -> tuple[str, ...]:
    """Return the keys of the lists in which the queue is kept, the one that workers take from first first."""
    return (queue, *(f"{queue}{_PRIORITY}{priority}" for priority in _PRIORITIES))
