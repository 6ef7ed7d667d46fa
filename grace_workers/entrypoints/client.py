"""`Grace`: hand in work from Python, over HTTP or in a database transaction of your own; and `Handle` to follow it."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self
from uuid import uuid4

from grace_workers.foundation.backoff import backoff, jittered
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.foundation.ids import JobId, parse_uuid

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

    from grace_workers.entrypoints.gateway import Gateway
    from grace_workers.orchestration.jobs import JobRequest
    from grace_workers.orchestration.stores import LineTransaction
    from grace_workers.orchestration.tasks import Task

_FIRST_LOOK = timedelta(milliseconds=50)
_LONGEST_LOOK = timedelta(seconds=2)
_ENDED = frozenset({"succeeded", "failed", "cancelled", "dead"})
_CHANCE = random.Random()  # noqa: S311 - spreads looks, guards nothing


class Way(Protocol):
    """One way to the fleet. Tasks are shown as the API shows them."""

    def heal(self, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Submit a healing task."""
        ...

    def orchestrate(self, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Submit an orchestration task."""
        ...

    def task(self, task_id: str) -> Mapping[str, Any]:
        """Return a task. Raises NotFoundError."""
        ...

    def cancel(self, task_id: str) -> None:
        """Cancel a task's job. Raises ConflictError when it has ended."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class Handle:
    """A task that was handed in. Looking at it asks the fleet anew each time."""

    def __init__(self, way: Way, task_id: str) -> None:
        self._way = way
        self.id = task_id

    def __repr__(self) -> str:
        return f"Handle({self.id!r})"

    def state(self) -> str:
        """Return queued, running, awaiting_approval, succeeded, failed, cancelled or dead."""
        return str(self._way.task(self.id)["state"])

    def timeline(self) -> Sequence[Mapping[str, Any]]:
        """Return what has happened so far, oldest first, once the task has led to an incident."""
        return list(self._way.task(self.id)["timeline"])

    def result(self) -> Any:
        """Return what the task came to; None while it is open.

        Raises:
            PermanentError: its job failed or died; the message is the job's own error.
        """
        task = self._way.task(self.id)
        if task["state"] in {"failed", "dead"} and task["error"]:
            raise PermanentError(f"task {self.id} {task['state']}: {task['error']}")
        return task["result"] if task["state"] in _ENDED else None

    def wait(self, timeout: float | timedelta) -> str:
        """Wait until the task has ended, for at most `timeout` (seconds or a timedelta); return its state.

        A fleet that cannot be reached is asked again until the time is up.

        Raises:
            TimeoutError: it has not ended; the message names its state.
        """
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        deadline = time.monotonic() + seconds
        state = "not known"
        for attempt in range(1, 1_000_000):
            try:
                state = self.state()
            except TransientError as error:
                state = f"not known ({error})"
            if state in _ENDED:
                return state
            left = deadline - time.monotonic()
            if left <= 0:
                break
            pause = jittered(backoff(attempt, base=_FIRST_LOOK, cap=_LONGEST_LOOK), _CHANCE)
            time.sleep(min(pause.total_seconds(), left))
        raise TimeoutError(f"task {self.id} has not ended within {seconds:g} s; it is {state}")

    def cancel(self) -> None:
        """Cancel the task while its job is open.

        Raises:
            ConflictError: the job has ended; an incident it led to is closed with `grace incident close`.
        """
        self._way.cancel(self.id)


class Grace:
    """The fleet, by exactly one of three ways; each gives the same durable job.

    `url` with `token`: the HTTP API. `database_url`: the fleet's database. `connection`: your own SQLAlchemy Connection
    or psycopg connection to that database, in a transaction of yours; the job exists if and only if you commit.

        with Grace(url="http://127.0.0.1:8642", token=token) as grace:
            handle = grace.heal("shop-web", playbook="restart_dead_service", reason="it does not answer")
            print(handle.wait(timeout=60))
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        database_url: str | None = None,
        connection: "Connection | psycopg.Connection[Any] | None" = None,
        name: str = "client",
    ) -> None:
        """Choose the way; nothing connects before the first use. `name` is who asks, where no token says so.

        Raises:
            InputError: none or several ways are given.
        """
        given = [way for way in (url, database_url, connection) if way is not None]
        if len(given) != 1:
            raise InputError("give exactly one of url, database_url and connection")
        self._way: Way
        if url is not None:
            self._way = _Http(url, token)
        elif database_url is not None:
            self._way = _Database(*_own(database_url), name)
        else:
            self._way = _Database(_joined(connection), _nothing, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give connections back; your own connection stays as it is."""
        self._way.close()

    def heal(
        self,
        target: str,
        *,
        reason: str,
        playbook: str | None = None,
        params: Mapping[str, JsonValue] | None = None,
        priority: int = 5,
        dedupe_key: str | None = None,
    ) -> Handle:
        """Ask for `target` to be healed. Without a playbook the fleet diagnoses it first.

        `priority` is 1 to 10, 10 most urgent. While a task of the same `dedupe_key` is open, its handle is returned.

        Raises:
            InputError: the order does not fit.
            TransientError: the fleet cannot be reached; nothing is known to be stored.
        """
        order: dict[str, JsonValue] = {
            "target": target,
            "reason": reason,
            "playbook": playbook,
            "params": dict(params or {}),
            "priority": priority,
            "dedupe_key": dedupe_key,
        }
        return self._handle(self._way.heal(order))

    def code(self, *_task: object, **_details: object) -> NoReturn:
        """Refuse: no coding agent is installed yet.

        Raises:
            PermanentError: always, in a release without a coding agent.
        """
        from grace_workers.orchestration.requests import NO_CODING_AGENT

        raise PermanentError(NO_CODING_AGENT)

    def orchestrate(
        self,
        name: str,
        payload: Mapping[str, JsonValue] | None = None,
        *,
        priority: int = 5,
        dedupe_key: str | None = None,
    ) -> Handle:
        """Start one of the fleet's own jobs, such as `cycle.triggers`. Raises as `heal` does."""
        order: dict[str, JsonValue] = {
            "name": name,
            "payload": dict(payload or {}),
            "priority": priority,
            "dedupe_key": dedupe_key,
        }
        return self._handle(self._way.orchestrate(order))

    def signal(self, name: str, *, priority: int = 7, **fields: JsonValue) -> Handle:
        """Hand in a signal; `fields` are those of a plain signal: target, severity, summary, text, labels, key.

        The handle's result says what became of it: opened, joined, resolved, ignored or repeated, and which incident.
        Raises as `heal` does.
        """
        return self.orchestrate("grace.signal", {"name": name, **fields}, priority=priority)

    def task(self, task_id: str) -> Handle:
        """Return the handle of a task that was handed in before, by its id."""
        return Handle(self._way, str(parse_uuid(task_id, "task")))

    def _handle(self, task: Mapping[str, Any]) -> Handle:
        return Handle(self._way, str(task["id"]))


class _Http:
    """Over the API. Submitting is tried again under one key, so a lost answer does not double the task."""

    _TRIES = 4

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._token = token
        self._made: Gateway | None = None

    @property
    def _gateway(self) -> "Gateway":
        if self._made is None:
            from grace_workers.entrypoints.gateway import Gateway

            self._made = Gateway(self._url, self._token)
        return self._made

    def heal(self, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Submit a healing task."""
        return self._submit("/elite/healing/task", order)

    def orchestrate(self, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Submit an orchestration task."""
        return self._submit("/elite/orchestration/task", order)

    def task(self, task_id: str) -> Mapping[str, Any]:
        """Return a task."""
        found: Mapping[str, Any] = self._gateway.get(f"/elite/tasks/{task_id}")
        return found

    def cancel(self, task_id: str) -> None:
        """Cancel a task's job."""
        self._gateway.post(f"/api/v1/jobs/{task_id}/cancel")

    def close(self) -> None:
        """Give connections back."""
        if self._made is not None:
            self._made.close()

    def _submit(self, path: str, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        key = uuid4().hex
        for attempt in range(1, self._TRIES):
            try:
                return self._posted(path, order, key)
            except TransientError as error:
                wait = error.retry_after or backoff(attempt, base=_FIRST_LOOK, cap=_LONGEST_LOOK)
                time.sleep(jittered(wait, _CHANCE).total_seconds())
        return self._posted(path, order, key)

    def _posted(self, path: str, order: Mapping[str, JsonValue], key: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._gateway.post(path, order, key=key)
        return found


Transactions = Callable[[], "AbstractContextManager[LineTransaction]"]


class _Database:
    """In a transaction of the fleet's database: one of our own, or the caller's."""

    def __init__(self, transaction: Transactions, close: Callable[[], None], name: str) -> None:
        self._transaction = transaction
        self.close = close
        self._name = name

    def heal(self, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Submit a healing task; whether target and playbook exist is known to the fleet only, so the job says."""
        from grace_workers.orchestration.jobs import priority
        from grace_workers.orchestration.requests import HealTask, heal_request

        _storable(order)
        details = {key: order[key] for key in ("target", "reason", "playbook", "params")}
        task = HealTask.read({**details, "by": self._name}, "healing task")
        return self._submit(
            heal_request(task, priority=priority(_number(order)), dedupe_key=_text(order["dedupe_key"]))
        )

    def orchestrate(self, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Submit an orchestration task."""
        from grace_workers.orchestration.jobs import priority
        from grace_workers.orchestration.tasks import SIGNAL, OrchestrationTask, orchestration_request
        from grace_workers.signals.sources.plain import DEFINITION as PLAIN

        _storable(order)
        task = OrchestrationTask.read({"name": order["name"], "payload": order["payload"]}, "orchestration task")
        if task.name == SIGNAL:
            PLAIN.parse(dict(task.payload), {}, datetime.now(UTC))
        return self._submit(
            orchestration_request(
                task, priority=priority(_number(order)), dedupe_key=_text(order["dedupe_key"]), by=self._name
            )
        )

    def task(self, task_id: str) -> Mapping[str, Any]:
        """Return a task."""
        from grace_workers.orchestration.tasks import look_up

        with self._transaction() as tx:
            return _shown(look_up(tx, JobId(parse_uuid(task_id, "task"))))

    def cancel(self, task_id: str) -> None:
        """Cancel a task's job."""
        with self._transaction() as tx:
            tx.jobs.cancel(JobId(parse_uuid(task_id, "task")), by=self._name)

    def _submit(self, request: "JobRequest") -> Mapping[str, Any]:
        from grace_workers.orchestration.tasks import task_of

        with self._transaction() as tx:
            (job,) = tx.jobs.submit([request])
            return _shown(task_of(tx, job))


def _own(database_url: str) -> tuple[Transactions, Callable[[], None]]:
    from grace_workers.bootstrap import client_ledger

    ledger = client_ledger(database_url)
    return ledger.transaction, ledger.close


def _joined(connection: Any) -> Transactions:
    @contextmanager
    def transaction() -> "Iterator[LineTransaction]":
        from grace_workers.bootstrap import join_ledger

        with nullcontext(join_ledger(connection)) as tx:
            yield tx

    return transaction


def _nothing() -> None:
    """Leave the caller's connection to the caller."""


def _storable(order: Mapping[str, JsonValue]) -> None:
    from grace_workers.signals import check_body

    try:
        check_body(json.loads(json.dumps(order, allow_nan=False)), "order")
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"the order is not plain JSON: {error}") from error


def _number(order: Mapping[str, JsonValue]) -> int:
    value = order["priority"]
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"priority {value!r} is not a whole number from 1 to 10")
    return value


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)


def _shown(task: "Task") -> Mapping[str, Any]:
    return {
        "id": str(task.job.id),
        "state": task.state.value,
        "result": task.result,
        "error": task.job.error,
        "timeline": [
            {
                "at": one.at.isoformat(),
                "stage": one.stage,
                "state": one.state,
                "headline": one.headline,
                "took": one.took,
                "data": dict(one.data),
            }
            for one in task.timeline
        ],
    }
