"""`Handle`: a submitted task; and `Way`, the connection through which it is asked."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from grace_workers.entrypoints.client.subscription import Events
from grace_workers.foundation.backoff import backoff, jittered
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.orchestration.work.wishes import HealTask, OrchestrationTask, PlanTask

if TYPE_CHECKING:
    from grace_workers.orchestration.work.coding_wishes import CodeTask

FIRST_LOOK = timedelta(milliseconds=50)
LONGEST_LOOK = timedelta(seconds=2)
_ENDED = frozenset({"succeeded", "failed", "cancelled", "dead"})


class Way(Events, Protocol):
    """One way to the fleet. Tasks look as the API shows them."""

    def heal(self, task: HealTask) -> Mapping[str, Any]:
        """Submit a healing task."""
        ...

    def code(self, task: "CodeTask") -> Mapping[str, Any]:
        """Submit a coding task."""
        ...

    def submit_plan(self, task: PlanTask, key: str | None) -> Mapping[str, Any]:
        """Submit a ready plan, once under a key."""
        ...

    def orchestrate(self, task: OrchestrationTask) -> Mapping[str, Any]:
        """Submit an orchestration task."""
        ...

    def task(self, task_id: str) -> Mapping[str, Any]:
        """Return a task. Raises NotFoundError."""
        ...

    def cancel(self, task_id: str) -> None:
        """Cancel a task's job. Raises ConflictError when it has ended."""
        ...

    def answer(self, incident: str, fields: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Answer the question of a step; return its incident."""
        ...

    def resume(self, incident: str, reason: str, *, failed_only: bool) -> Mapping[str, Any]:
        """Go on with a run; return its incident."""
        ...

    def call(self, path: str, order: Mapping[str, JsonValue] | None = None) -> Any:
        """Ask the API for what only the API does; without an order, only read. Raises InputError over another way."""
        ...

    def submit(self, path: str, order: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        """Give the API an order that becomes a task, once. Raises as `call` does."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class Handle:
    """A submitted task. Each look at it asks the fleet again."""

    def __init__(self, way: Way, task_id: str) -> None:
        self._way = way
        self.id = task_id

    def __repr__(self) -> str:
        return f"Handle({self.id!r})"

    def state(self) -> str:
        """Return queued, running, awaiting_approval, succeeded, failed, cancelled or dead."""
        return str(self._way.task(self.id)["state"])

    def timeline(self) -> Sequence[Mapping[str, Any]]:
        """Return the timeline so far, oldest first, once the task has led to an incident."""
        return list(self._way.task(self.id)["timeline"])

    def result(self) -> Any:
        """Return the task's result; None while it is open.

        Raises:
            PermanentError: its job failed or died; the message is the job's own error.
        """
        task = self._way.task(self.id)
        if task["state"] in {"failed", "dead"} and task["error"]:
            raise PermanentError(f"task {self.id} {task['state']}: {task['error']}")
        return task["result"] if task["state"] in _ENDED else None

    def wait(self, timeout: float | timedelta) -> str:
        """Wait until the task has ended, for at most `timeout` (seconds or a timedelta); return its state.

        An unreachable fleet is asked again until the time is up.

        Raises:
            TimeoutError: it has not ended; the message gives its state.
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
            pause = jittered(backoff(attempt, base=FIRST_LOOK, cap=LONGEST_LOOK))
            time.sleep(min(pause.total_seconds(), left))
        raise TimeoutError(f"task {self.id} did not end within {seconds:g} s; it is {state}")

    def cancel(self) -> None:
        """Cancel the task while its job is open.

        Raises:
            ConflictError: the job has ended; an incident it led to is closed with `grace incident close`.
        """
        self._way.cancel(self.id)
