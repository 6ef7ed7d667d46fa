"""The log lines of jobs in Redis: a stream for each job, cut to the newest lines, gone an hour after the newest one."""

from collections.abc import Sequence
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from grace_workers.adapters.redis.unreachable import unreachable_as
from grace_workers.foundation.ids import JobId
from grace_workers.orchestration.fleet.job_log import KEPT, MOST_LINES, JobLogLine, line_of, position_of, shortened

_UNREACHABLE = "the log lines of jobs are unreachable"
_PREFIX = "grace.job.log:"


class RedisJobLogs:
    """Implements `JobLogs` and `JobLogKeeper`."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=1,
            socket_connect_timeout=1,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),  # the next turn is the retry
        )

    def keep(self, lines: Sequence[tuple[str, str]]) -> None:
        """Keep lines, each with the id of its job, oldest first. Raises TransientError."""
        with unreachable_as(_UNREACHABLE), self._client.pipeline(transaction=False) as pipe:
            for job, texts in shortened(lines):
                for text in texts:
                    pipe.xadd(f"{_PREFIX}{job}", {"line": text}, maxlen=MOST_LINES, approximate=False)
                pipe.expire(f"{_PREFIX}{job}", KEPT)
            pipe.execute()

    def read(self, job: JobId, *, after: str | None = None, limit: int = MOST_LINES) -> Sequence[JobLogLine]:
        """Return the newest lines, or those after a position, oldest first."""
        key = f"{_PREFIX}{job}"
        begin = None if after is None else f"({position_of(after)}"
        with unreachable_as(_UNREACHABLE):
            if begin is None:
                found = cast("list[Any]", self._client.xrevrange(key, count=limit))[::-1]
            else:
                found = cast("list[Any]", self._client.xrange(key, min=begin, count=limit))
        return [line_of(position, fields.get("line", "")) for position, fields in found]

    def close(self) -> None:
        """Release the connections."""
        self._client.close()
