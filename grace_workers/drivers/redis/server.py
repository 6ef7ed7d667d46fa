"""One Redis or Valkey server: how it is reached, and its errors translated into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

from redis import AuthenticationError, ConnectionError, Redis, RedisError, TimeoutError  # noqa: A004
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import BusyLoadingError, NoPermissionError, OutOfMemoryError, ReadOnlyError
from redis.retry import Retry

from grace_workers.foundation.errors import InputError, PermanentError, TransientError

_SCHEMES = ("redis://", "rediss://", "unix://")
_LONGEST = 200


class RedisServer:
    """The server at a URL. Each use opens a new connection."""

    def __init__(self, url: str, patience: timedelta) -> None:
        """Raises InputError for a URL of another protocol."""
        if not url.startswith(_SCHEMES):
            raise InputError(f"url: not the address of a Redis server; begin it with one of {', '.join(_SCHEMES)}")
        self._url = url
        self._patience = patience.total_seconds()

    def place(self) -> str:
        """Return host, port and database, without the user and the password."""
        try:
            said = cast("Any", parse_url)(self._url)
        except ValueError:
            raise PermanentError("the url of the server cannot be read; correct it") from None
        where = said.get("path") or f"{said.get('host', 'localhost')}:{said.get('port', 6379)}"
        return f"redis {where}/{said.get('db', 0)}"

    @contextmanager
    def asked(self, what: str, otherwise: str = "the server refuses") -> Iterator[Redis]:
        """Yield a connection; an error names `what` it was for, and `otherwise` if nothing better is known.

        Raises:
            TransientError: the server is unreachable, or does not answer in time.
            PermanentError: it refuses the login or the command.
        """
        try:
            with self._connected() as server:
                yield server
        except AuthenticationError as error:
            raise PermanentError(f"{what}: the server rejects the user or password; correct the url") from error
        except (ConnectionError, TimeoutError) as error:
            raise TransientError(f"{what}: the server cannot be reached ({type(error).__name__})") from error
        except NoPermissionError as error:
            raise PermanentError(f"{what}: the user lacks a right; grant it: {_said(error)}") from error
        except ReadOnlyError as error:
            raise PermanentError(f"{what}: the server is a read-only replica; give the url of its primary") from error
        except OutOfMemoryError as error:
            raise PermanentError(f"{what}: the server is out of memory; raise maxmemory or free some") from error
        except RedisError as error:
            raise PermanentError(f"{what}: {otherwise}: {_said(error)}") from error

    def _connected(self) -> Redis:
        # The guard before every role decides when to retry.
        try:
            found: Redis = Redis.from_url(
                self._url,
                socket_timeout=self._patience,
                socket_connect_timeout=self._patience,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError:
            # Its message and those of its causes may quote the URL, and the URL may contain a password.
            raise PermanentError("the url of the server cannot be read; correct it") from None
        return found


def refuses(error: BaseException | None) -> bool:
    """Return whether a lost connection is a server's own answer: it loads its data, or has no room for a client."""
    return isinstance(error, BusyLoadingError) or "max number of clients reached" in str(error)


def _said(error: RedisError) -> str:
    """Return the server's sentence without the arguments that it quotes, which may be personal data."""
    return str(error).partition(", with args")[0][:_LONGEST]
