"""The way over HTTP."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from grace_workers.entrypoints.client.handle import FIRST_LOOK, LONGEST_LOOK
from grace_workers.foundation.backoff import backoff, jittered
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import TransientError

if TYPE_CHECKING:
    from grace_workers.entrypoints.gateway import Gateway
    from grace_workers.orchestration.events.mesh import Cursor
    from grace_workers.orchestration.subscriptions import Pull, Pulled
    from grace_workers.orchestration.work.coding_wishes import CodeTask
    from grace_workers.orchestration.work.wishes import HealTask, OrchestrationTask, PlanTask


class OverHttp:
    """Over the API. A submission is retried under the same key, so a lost answer does not duplicate the task."""

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

    def heal(self, task: "HealTask") -> Mapping[str, Any]:
        """Submit a healing task."""
        return self._submit("/elite/healing/task", task)

    def code(self, task: "CodeTask") -> Mapping[str, Any]:
        """Submit a coding task."""
        return self._submit("/elite/coding/task", task)

    def submit_plan(self, task: "PlanTask", key: str | None) -> Mapping[str, Any]:
        """Submit a ready plan."""
        return self._submit("/api/v1/plans", task, key)

    def orchestrate(self, task: "OrchestrationTask") -> Mapping[str, Any]:
        """Submit an orchestration task."""
        return self._submit("/elite/orchestration/task", task)

    def task(self, task_id: str) -> Mapping[str, Any]:
        """Return a task."""
        found: Mapping[str, Any] = self._gateway.get(f"/elite/tasks/{task_id}")
        return found

    def cancel(self, task_id: str) -> None:
        """Cancel a task's job."""
        self._gateway.post(f"/api/v1/jobs/{task_id}/cancel")

    def answer(self, incident: str, fields: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Answer the question of a step."""
        found: Mapping[str, Any] = self._gateway.post(f"/api/v1/incidents/{incident}/answer", {"answer": dict(fields)})
        return found

    def resume(self, incident: str, reason: str, *, failed_only: bool) -> Mapping[str, Any]:
        """Go on with a run."""
        order: dict[str, JsonValue] = {"reason": reason, "failed_only": failed_only}
        found: Mapping[str, Any] = self._gateway.post(f"/api/v1/incidents/{incident}/resume", order)
        return found

    def call(self, path: str, order: Mapping[str, JsonValue] | None = None) -> Any:
        """Ask the API."""
        return self._gateway.get(path) if order is None else self._gateway.post(path, order)

    def submit(self, path: str, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Give the API an order that becomes a task."""
        return self._once(path, order, uuid4().hex)

    def pull(self, group: str, asked: "Pull") -> "Pulled":
        """Hold a group, and return its next events."""
        from grace_workers.orchestration.events.topic import Event
        from grace_workers.orchestration.subscriptions import Pulled

        told = self._gateway.post(self._group(group, "pull"), asked.model_dump(mode="json"))
        cursor = None if told["cursor"] is None else self._cursor(group, told["cursor"])
        return Pulled(cursor=cursor, events=[Event.told(one) for one in told["events"]])

    def acknowledge(self, cursor: "Cursor", upto: int, hold: timedelta) -> "Cursor":
        """Acknowledge events."""
        said = {**self._said(cursor), "upto": upto, "hold": hold.total_seconds()}
        return self._cursor(cursor.name, self._gateway.post(self._group(cursor.name, "acknowledge"), said)["cursor"])

    def release(self, cursor: "Cursor") -> None:
        """Release the group to another process."""
        self._gateway.post(self._group(cursor.name, "release"), self._said(cursor))

    @staticmethod
    def _group(name: str, verb: str) -> str:
        return f"/api/v1/events/subscriptions/{quote(name, safe='')}/{verb}"

    @staticmethod
    def _cursor(group: str, told: Mapping[str, Any]) -> "Cursor":
        from grace_workers.orchestration.events.mesh import Cursor

        return Cursor(name=group, position=told["position"], epoch=told["epoch"])

    @staticmethod
    def _said(cursor: "Cursor") -> dict[str, JsonValue]:
        return {"position": cursor.position, "epoch": cursor.epoch}

    def close(self) -> None:
        """Close all connections."""
        if self._made is not None:
            self._made.close()

    def _submit(self, path: str, task: Document, key: str | None = None) -> Mapping[str, Any]:
        return self._once(path, task.model_dump(mode="json"), key or uuid4().hex)

    def _once(self, path: str, order: Mapping[str, JsonValue], key: str) -> Mapping[str, Any]:
        for attempt in range(1, self._TRIES):
            try:
                return self._posted(path, order, key)
            except TransientError as error:
                wait = error.retry_after or backoff(attempt, base=FIRST_LOOK, cap=LONGEST_LOOK)
                time.sleep(jittered(wait).total_seconds())
        return self._posted(path, order, key)

    def _posted(self, path: str, order: Mapping[str, JsonValue], key: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._gateway.post(path, order, key=key)
        return found
