"""The counters of the audit log's writers, stored where the database's superuser has no access.

Each writer's stream has its own key, which expires a day after its last entry, when the entry is long sealed and
anchored. The value also names the log, because the broker may outlive a database.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from grace_workers.adapters.redis.unreachable import unreachable_as
from grace_workers.orchestration.audit_archive import Counters

_UNREACHABLE = "the audit log's counters are unreachable"
_PREFIX = "grace.audit.writer:"
_KEEP = timedelta(days=1)
_MANY = 1000


class RedisAuditCounters(Counters):
    """How many entries of each stream were committed, as reported by the processes that append."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=1,
            socket_connect_timeout=1,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),  # the next turn is the retry
        )

    def publish(self, origin: str, counters: Mapping[str, int]) -> None:
        with unreachable_as(_UNREACHABLE), self._client.pipeline(transaction=False) as pipe:
            for writer, number in counters.items():
                pipe.set(f"{_PREFIX}{writer}", f"{number} {origin}", ex=_KEEP)
            pipe.execute()

    def published(self, origin: str) -> Mapping[str, int]:
        with unreachable_as(_UNREACHABLE):
            keys = list(self._client.scan_iter(f"{_PREFIX}*", count=_MANY))
            values = cast("list[str | None]", self._client.mget(keys)) if keys else []
        told = {key: (value or "").partition(" ") for key, value in zip(keys, values, strict=True)}
        return {
            key.removeprefix(_PREFIX): int(number)
            for key, (number, _, log) in told.items()
            if log == origin and number.isdecimal()
        }

    def close(self) -> None:
        self._client.close()
