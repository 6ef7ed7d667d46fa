"""What becomes of a Redis server that does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from grace_workers.foundation.errors import TransientError


@contextmanager
def unreachable_as(words: str) -> Iterator[None]:
    """Raise TransientError with these words for a server that refuses or does not answer."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise TransientError(f"{words}: {type(error).__name__}") from error
