"""Messages of Celery in the lists of a server, and lists of our own beside them in which they are parked."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from redis import Redis

from grace_workers.actions import ParkedMessages, QueuedMessage
from grace_workers.drivers.redis.queues import lists_of
from grace_workers.drivers.redis.server import RedisServer
from grace_workers.foundation.document import Lenient
from grace_workers.foundation.errors import InputError, PermanentError

_PLACE = "grace.parked."
_LARGEST = 1 << 20
# One script, so that no message is ever in both places or in none.
_MOVE = """
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then
  return 0
end
redis.call('LPUSH', KEYS[2], ARGV[1])
return 1
"""


class _Headers(Lenient):
    task: str
    expires: datetime | None = None


class _Message(Lenient):
    headers: _Headers


class RedisParking(ParkedMessages):
    """The queues of one server. Celery adds at the left of a list and takes from its right."""

    def __init__(self, server: RedisServer, tasks: Sequence[str]) -> None:
        self._server = server
        self._tasks = frozenset(tasks)

    def waiting(self, queue: str, *, most: int) -> Sequence[QueuedMessage]:
        return self._looked(queue, lambda name: name, most)

    def parked(self, queue: str, *, most: int) -> Sequence[QueuedMessage]:
        return self._looked(queue, _place, most)

    def park(self, queue: str, ids: Sequence[str], *, most: int) -> int:
        return self._moved(queue, ids, (lambda name: name, _place), most)

    def requeue(self, queue: str, ids: Sequence[str], *, most: int) -> int:
        return self._moved(queue, ids, (_place, lambda name: name), most)

    def _looked(self, queue: str, place: Callable[[str], str], most: int) -> Sequence[QueuedMessage]:
        now = datetime.now(UTC)
        with self._server.asked(f"messages of queue {queue!r}") as server:
            raws = [raw for _, raw in _raws(server, queue, place, most)]
        return [_read(raw, self._tasks, now) for raw in raws]

    def _moved(
        self, queue: str, ids: Sequence[str], places: tuple[Callable[[str], str], Callable[[str], str]], most: int
    ) -> int:
        wanted, count = set(ids), 0
        source, goal = places
        with self._server.asked(f"messages of queue {queue!r}") as server:
            for name, raw in list(_raws(server, queue, source, most)):
                if _id(raw) in wanted:
                    arguments: list[Any] = [source(name), goal(name), raw]
                    count += cast("int", server.eval(_MOVE, 2, *arguments))
        return count


def _raws(server: Redis, queue: str, place: Callable[[str], str], most: int) -> Iterator[tuple[str, bytes]]:
    left = most
    for name in lists_of(queue):
        found = cast("list[bytes]", server.lrange(place(name), 0, left))
        left -= len(found)
        if left < 0:
            raise PermanentError(f"queue {queue!r} holds more than {most} messages, too many to look at each")
        yield from ((name, raw) for raw in reversed(found))


def _place(name: str) -> str:
    return f"{_PLACE}{name}"


def _id(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:32]


def _read(raw: bytes, tasks: frozenset[str], now: datetime) -> QueuedMessage:
    """Return what there is to know of a message of Celery's protocol, version 2. Its arguments are never decoded."""
    try:
        if len(raw) > _LARGEST:
            return QueuedMessage(id=_id(raw), task="", fault="malformed")
        said = _Message.read(json.loads(raw), "message").headers
    except (ValueError, RecursionError, InputError):
        return QueuedMessage(id=_id(raw), task="", fault="malformed")
    expires = said.expires
    if expires is not None and (expires if expires.tzinfo else expires.replace(tzinfo=UTC)) <= now:
        return QueuedMessage(id=_id(raw), task=said.task[:200], fault="expired")
    unknown = "unknown_task" if tasks and said.task not in tasks else None
    return QueuedMessage(id=_id(raw), task=said.task[:200], fault=unknown)
