"""The way through the fleet's database: in our own transactions, or in the caller's."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import JobId, parse_uuid

if TYPE_CHECKING:
    from grace_workers.orchestration.events.mesh import Cursor
    from grace_workers.orchestration.job import JobRequest
    from grace_workers.orchestration.stores import LineTransaction
    from grace_workers.orchestration.subscriptions import Pull, Pulled
    from grace_workers.orchestration.work.coding_wishes import CodeTask
    from grace_workers.orchestration.work.tasks import Task
    from grace_workers.orchestration.work.wishes import HealTask, OrchestrationTask, PlanTask

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,62}")

Transactions = Callable[[], "AbstractContextManager[LineTransaction]"]


class InDatabase:
    """In a transaction of the fleet's database: our own, or the caller's."""

    def __init__(self, transaction: Transactions, close: Callable[[], None], name: str) -> None:
        if not _NAME.fullmatch(name):
            raise InputError(f"name {name[:80]!r} must consist of at most 63 letters, digits, ., _, - and blanks")
        self._transaction = transaction
        self.close = close
        # No token vouches for the name, so the prefix distinguishes it from people and programs that have one.
        self._name = f"client:{name.strip()}"

    def heal(self, task: "HealTask") -> Mapping[str, Any]:
        """Submit a healing task; only the fleet knows its targets and playbooks, so an error shows in the job."""
        from grace_workers.orchestration.work.requests import heal_request

        _storable(task)
        return self._submit(heal_request(task, by=self._name))

    def code(self, task: "CodeTask") -> Mapping[str, Any]:
        """Submit a coding task; only the fleet knows its code, so an error shows in the job."""
        from grace_workers.orchestration.work.coding import code_request

        _storable(task)
        return self._submit(code_request(task, by=self._name))

    def submit_plan(self, task: "PlanTask", key: str | None) -> Mapping[str, Any]:
        """Submit a ready plan; only the fleet knows its primitives and targets, so an error shows in the job."""
        from grace_workers.orchestration.work.plans import plan_request
        from grace_workers.orchestration.work.tasks import once

        _storable(task)
        request = plan_request(task, by=self._name)
        return self._submit(request if key is None else once(request, self._name, key))

    def orchestrate(self, task: "OrchestrationTask") -> Mapping[str, Any]:
        """Submit an orchestration task."""
        from grace_workers.orchestration.work.tasks import SIGNAL, orchestration_request
        from grace_workers.signals import plain_signals

        _storable(task)
        if task.name == SIGNAL:
            plain_signals(dict(task.payload), datetime.now(UTC))
        return self._submit(orchestration_request(task, by=self._name))

    def task(self, task_id: str) -> Mapping[str, Any]:
        """Return a task."""
        from grace_workers.orchestration.work.tasks import look_up

        with self._transaction() as tx:
            return _shown(look_up(tx, JobId(parse_uuid(task_id, "task"))))

    def cancel(self, task_id: str) -> None:
        """Cancel a task's job."""
        with self._transaction() as tx:
            tx.jobs.cancel(JobId(parse_uuid(task_id, "task")), by=self._name)

    def answer(self, incident: str, fields: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Refuse, as `resume` does."""
        del fields
        raise InputError(f"the question of incident {incident} can be answered only by a token; give url and token")

    def resume(self, incident: str, reason: str, *, failed_only: bool) -> Mapping[str, Any]:
        """Refuse: who resumes a run takes an operator's decision, and only a token tells who it is."""
        del reason, failed_only
        raise InputError(
            f"incident {incident} can be resumed only over HTTP, with an operator's token; give url and token"
        )

    def call(self, path: str, order: "Mapping[str, JsonValue] | None" = None) -> Any:
        """Refuse: only a token tells who asks."""
        del order
        raise InputError(f"{path} needs a token, because it must be known who asks; give url and token")

    def submit(self, path: str, order: "Mapping[str, JsonValue]") -> Mapping[str, Any]:
        """Refuse, as `call` does."""
        refused: Mapping[str, Any] = self.call(path, order)
        return refused

    def pull(self, group: str, asked: "Pull") -> "Pulled":
        """Hold a group, and return its next events."""
        from grace_workers.orchestration import subscriptions

        with self._transaction() as tx:
            return subscriptions.pull(tx, datetime.now(UTC), group, asked)

    def acknowledge(self, cursor: "Cursor", upto: int, hold: timedelta) -> "Cursor":
        """Acknowledge events."""
        from grace_workers.orchestration import subscriptions

        with self._transaction() as tx:
            return subscriptions.acknowledge(tx, cursor, upto, hold=hold)

    def release(self, cursor: "Cursor") -> None:
        """Release the group to another process."""
        with self._transaction() as tx:
            tx.cursors.release(cursor)

    def _submit(self, request: "JobRequest") -> Mapping[str, Any]:
        from grace_workers.orchestration.work.tasks import task_of

        with self._transaction() as tx:
            (job,) = tx.jobs.submit([request])
            return _shown(task_of(tx, job))


def own(database_url: str) -> tuple[Transactions, Callable[[], None]]:
    """Return our own transactions in the fleet's database, and a function that closes its connections."""
    from grace_workers.bootstrap.client import client_ledger

    ledger = client_ledger(database_url)
    return ledger.transaction, ledger.close


def joined(connection: Any) -> Transactions:
    """Return the caller's own transaction, which the caller ends."""

    @contextmanager
    def transaction() -> "Iterator[LineTransaction]":
        from grace_workers.bootstrap.client import join_ledger

        with nullcontext(join_ledger(connection)) as tx:
            yield tx

    return transaction


def nothing() -> None:
    """Leave the caller's connection open."""


def _storable(task: Document) -> None:
    from grace_workers.signals import check_body

    try:
        check_body(json.loads(json.dumps(task.model_dump(mode="json"), allow_nan=False)), "task")
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"the task is not plain JSON: {error}") from error


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
