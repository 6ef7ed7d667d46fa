"""What the kernels' self-tests learn over the broker: whether it delivers, and what a worker reports about itself."""

import json
from datetime import timedelta
from secrets import token_hex
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from grace_workers.adapters.celery import lanes
from grace_workers.adapters.redis.unreachable import unreachable_as
from grace_workers.fleet import WorkerFacts
from grace_workers.foundation.errors import TransientError

_UNREACHABLE = "the broker did not answer"
_KEEPS = 30
# A message that was put in can be taken at once.
_OUT_WITHIN = 0.1


class BrokerFacts:
    """The questions, over separate connections that give up after `within`."""

    def __init__(self, url: str, *, within: timedelta = timedelta(seconds=1.5)) -> None:
        self._within = within.total_seconds()
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=self._within,
            socket_connect_timeout=self._within,
            retry=Retry(NoBackoff(), 0),
        )

    def echo(self, text: str) -> str:
        """Send `text` through a separate list, as doorbells go through theirs, and return what came out."""
        queue = f"grace.self-test:{token_hex(8)}"
        with unreachable_as(_UNREACHABLE), self._client.pipeline(transaction=False) as pipe:
            pipe.lpush(queue, text)
            pipe.expire(queue, _KEEPS)
            pipe.execute()
            came = cast("tuple[bytes, bytes] | None", self._client.brpop([queue], timeout=_OUT_WITHIN))
        if came is None:
            raise TransientError("the broker accepted a message and did not deliver it")
        return came[1].decode()

    def has_marker(self) -> bool:
        """Return whether the leader's marker is set."""
        with unreachable_as(_UNREACHABLE):
            return bool(self._client.exists(lanes.MARKER_KEY))

    def worker(self, pool: str, instance: str) -> WorkerFacts:
        """Return what that node's worker of the pool last reported about itself; it reports several times a second."""
        with unreachable_as(_UNREACHABLE):
            said = cast("bytes | None", self._client.get(lanes.presence_key(pool, instance)))
        try:
            told = json.loads(said or b"{}")
            return WorkerFacts(answers=True, queues=tuple(map(str, told["queues"])), life=str(told["life"]))
        except (LookupError, TypeError, ValueError):
            # There is no report, or not by one of our workers.
            return WorkerFacts(answers=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
