"""What people and programs may ask of the coding agent: one document for the API, the client, events and the job."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from grace_workers.coding import TaskMode, TaskType
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.orchestration.events.topics.task_code_refactor import RefactorTask

_EXAMPLE: JsonDict = {"task": "fix_bug", "target": "shop-code", "reason": "tests/test_orders.py fails since release 42"}


class CodeTask(Document):
    """A coding task. `auto_merge` asks for a merge without a person; only the policy can allow it.

    `arguments` are those of the task: for `fix_bug` `suspects` and `traceback`, for `refactor` `intent`, `targets` and
    `options`. `acceptance` says how people tell that it is done; it is part of the report.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    task: TaskType
    target: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="a target of kind git that has `python`; may be left out where there is only one",
    )
    reason: str = Field(min_length=1, max_length=8_000)
    mode: TaskMode = TaskMode.REVIEW
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    acceptance: tuple[Annotated[str, Field(max_length=1_000)], ...] = Field(default=(), max_length=50)
    seconds: float = Field(default=120.0, ge=5, le=3600, description="how long the work may take")
    auto_merge: bool = Field(default=False, strict=True)
    priority: Annotated[int, Field(strict=True, ge=1, le=10, description="1 to 10, 10 most urgent")] = 5
    dedupe_key: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="while a task with this key is open, no second one is created"),
    ] = None


class CodePayload(Document):
    """A coding task as its job stores it: with the requester, and the incident that it is about, if any.

    `service` runs the code, so it is restarted after a merge; without one, the service of the incident is.
    """

    task: TaskType
    target: str | None
    reason: str
    mode: TaskMode
    arguments: dict[str, JsonValue]
    acceptance: tuple[str, ...] = ()
    seconds: float
    auto_merge: bool
    by: str
    incident: UUID | None = None
    service: str | None = None


def refactoring(task: RefactorTask) -> CodeTask:
    """Return the coding task of a refactoring; without `auto_merge` it ends as a branch for people."""
    said: dict[str, object] = {
        "task": TaskType.REFACTOR,
        "target": task.repository,
        "reason": task.description,
        "mode": TaskMode.LIVE if task.auto_merge else TaskMode.REVIEW,
        "arguments": task.arguments(),
        "acceptance": task.acceptance,
        "auto_merge": task.auto_merge,
        "priority": task.priority,
    }
    return CodeTask.read(said, "refactoring")
