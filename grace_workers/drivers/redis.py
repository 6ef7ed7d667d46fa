"""Redis and Valkey servers, as brokers of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from pydantic import Field

from grace_workers.actions import Driver, DriverContext, Roles, WorkQueue
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.foundation.field_types import Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import SecretText, reveal

if TYPE_CHECKING:
    from redis import Redis

_SCHEMES = ("redis://", "rediss://", "unix://")
# Celery keeps each priority of a queue but the first in a list of its own, by this suffix of the queue's name.
_PRIORITY, _PRIORITIES = "\x06\x16", range(1, 10)


class RedisConnection(Document):
    """A Redis or Valkey server that brokers work for Celery or for anything that keeps a queue as a list.

    Its user needs `LLEN` on the queues. The label `queues` of the target names them, separated by commas.
    """

    url: SecretText = Field(description="The address: `redis://user:password@host:6379/0`, or `rediss://` for TLS.")
    patience: Timeout = Field(default=timedelta(seconds=2), description="How long an answer may take.")


class RedisQueues(WorkQueue):
    """The queues of one server. It connects when it is first asked."""

    def __init__(self, url: str, patience: timedelta) -> None:
        """Raises InputError for a URL of another protocol."""
        if not url.startswith(_SCHEMES):
            raise InputError(f"url: not the address of a Redis server; begin it with one of {', '.join(_SCHEMES)}")
        self._url = url
        self._patience = patience.total_seconds()

    def length(self, queue: str) -> int:
        keys = [queue, *(f"{queue}{_PRIORITY}{priority}" for priority in _PRIORITIES)]
        with _translated(queue), self._connected() as server, server.pipeline(transaction=False) as asked:
            for key in keys:
                asked.llen(key)
            return sum(cast("list[int]", asked.execute()))

    def _connected(self) -> "Redis":
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # The guard before every role decides when to ask again.
        found: Redis = Redis.from_url(
            self._url,
            socket_timeout=self._patience,
            socket_connect_timeout=self._patience,
            retry=Retry(NoBackoff(), 0),
        )
        return found


@contextmanager
def _translated(queue: str) -> Iterator[None]:
    from redis import AuthenticationError, ConnectionError, RedisError, TimeoutError  # noqa: A004

    try:
        yield
    except AuthenticationError as error:
        raise PermanentError(f"queue {queue!r}: the server rejects the user or password; correct the url") from error
    except (ConnectionError, TimeoutError) as error:
        raise TransientError(f"queue {queue!r}: the server cannot be reached ({type(error).__name__})") from error
    except RedisError as error:
        raise PermanentError(f"queue {queue!r} cannot be read as a list: {error}") from error
    except ValueError:
        # Its words and those of its causes may quote the URL, and the URL may hold a password.
        raise PermanentError(f"queue {queue!r}: the url cannot be read; correct it") from None


def open_redis(said: RedisConnection, context: DriverContext) -> Roles:
    """Return the queues of the server."""
    del context
    queues: WorkQueue = RedisQueues(reveal(said.url, "url"), said.patience)
    return {WorkQueue: queues}


EXAMPLE = """\
targets:
  - name: shop-broker
    kind: redis
    owner: internal
    connection:
      url: redis://127.0.0.1:6379/0
    labels: {queues: "celery, mail"}
"""

DEFINITION = Driver(
    kind=TargetKind("redis"),
    connection=RedisConnection,
    roles=(WorkQueue,),
    open=open_redis,
    example=EXAMPLE,
)
