"""The workers of one application, by Celery's remote control."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import AuthenticationError, RedisError

from grace_workers.actions import Consumers
from grace_workers.foundation.errors import InputError, PermanentError, TransientError

_SCHEMES = ("redis://", "rediss://")
_EVERY = 0.05
Answers = Mapping[str, Any]


class CeleryWorkers(Consumers):
    """The workers that answer on one broker. Each use connects anew."""

    def __init__(self, broker: str, patience: timedelta, count: int | None) -> None:
        """Raises InputError for a broker of another kind."""
        if not broker.startswith(_SCHEMES):
            raise InputError(f"broker: not the address of a Redis server; begin it with one of {', '.join(_SCHEMES)}")
        self._broker = broker
        self._patience = patience.total_seconds()
        self._count = count

    def workers(self) -> Sequence[str]:
        return sorted(self._queues())

    def consumers(self, queue: str) -> Sequence[str]:
        return sorted(name for name, queues in self._queues().items() if queue in queues)

    def pause(self, queue: str, workers: Sequence[str]) -> None:
        self._command("cancel_consumer", queue, workers)
        self._wait(queue, workers, takes=False)

    def resume(self, queue: str, workers: Sequence[str]) -> None:
        self._command("add_consumer", queue, workers)
        self._wait(queue, workers, takes=True)

    def _wait(self, queue: str, workers: Sequence[str], *, takes: bool) -> None:
        """Wait until it is so, because a worker answers before it does as told."""
        until = time.monotonic() + self._patience
        while left := sorted(name for name in workers if (name in self.consumers(queue)) is not takes):
            if time.monotonic() > until:
                raise TransientError(f"workers have not done as told with queue {queue!r}: {', '.join(left)[:300]}")
            time.sleep(_EVERY)

    def _queues(self) -> Mapping[str, set[str]]:
        with self._application() as app:
            found: Answers = app.control.inspect(timeout=self._patience, limit=self._count).active_queues() or {}
        return {str(name): {str(one["name"]) for one in queues or ()} for name, queues in found.items()}

    def _command(self, verb: str, queue: str, workers: Sequence[str]) -> None:
        if not workers:
            return
        with self._application() as app:
            arguments = {"queue": queue}
            answers = app.control.broadcast(
                verb, arguments=arguments, destination=list(workers), reply=True, timeout=self._patience
            )
        told: dict[str, Any] = {name: said for answer in answers or () for name, said in answer.items()}
        silent = sorted(set(workers) - set(told))
        if silent:
            raise TransientError(f"workers did not answer {verb}: {', '.join(silent)[:300]}")
        refused = sorted(name for name, said in told.items() if "ok" not in said)
        if refused:
            raise PermanentError(f"workers refused {verb} of queue {queue!r}: {', '.join(refused)[:300]}")

    @contextmanager
    def _application(self) -> Iterator[Celery]:
        options = {"socket_timeout": self._patience + 1, "socket_connect_timeout": self._patience, "max_retries": 0}
        app = Celery("grace", broker=self._broker, set_as_current=False, changes={"broker_transport_options": options})
        try:
            with app:
                yield app
        except AuthenticationError as error:
            raise PermanentError("the broker rejects the user or password; correct `broker`") from error
        except (KombuError, RedisError, OSError) as error:
            raise TransientError(f"the broker cannot be reached ({type(error).__name__})") from error
