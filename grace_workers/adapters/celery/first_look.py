"""The first look at a broker that was given by URL: whether it answers and accepts the login."""

from datetime import timedelta
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.retry import Retry

from grace_workers.foundation.errors import InputError, TransientError

_SETTING = "GRACE_BROKER__URL"


def look_at(url: str, *, within: timedelta) -> str:
    """Connect once and return the server's version.

    Raises:
        InputError: it refuses the password, or the URL cannot be read.
        TransientError: it does not answer.
    """
    seconds = within.total_seconds()
    try:
        place = urlsplit(url).netloc.rpartition("@")[2] or "its socket"
        client = redis.Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        # The cause may quote the URL with its password.
        raise InputError(f"{_SETTING} cannot be read; write redis://:password@host:6379/0") from None
    with client:
        try:
            return str(client.info("server")["redis_version"])
        except (AuthenticationError, ResponseError):
            raise InputError(
                f"the broker at {place} rejects the password: it is wrong or was changed there; set the current "
                f"one in {_SETTING}"
            ) from None
        except (RedisError, OSError) as error:
            raise TransientError(f"the broker at {place} does not answer; start it, or correct {_SETTING}") from error
