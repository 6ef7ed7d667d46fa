"""`task.code_refactor`: a refactoring is requested; the coding pool does it."""

from enum import StrEnum

from pydantic import Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.orchestration.events.topic import Topic


class RefactorIntent(StrEnum):
    """The nine refactorings that can be requested."""

    EXTRACT_METHOD = "extract_method"
    EXTRACT_READINESS = "extract_readiness"
    NORMALISE_CALLS = "normalise_calls"
    IMPROVE_LOGGING = "improve_logging"
    REDUCE_COMPLEXITY = "reduce_complexity"
    ADD_TYPE_HINTS = "add_type_hints"
    REMOVE_DUPLICATION = "remove_duplication"
    EXTRACT_HELPER = "extract_helper"
    SPLIT_LARGE_FILE = "split_large_file"


class RefactorTask(Document):
    """What to change, where (`targets` are paths or dotted names), and how to tell that it is done (`acceptance`).

    `auto_merge` asks for a merge without review; policy decides. `repository` is a target of kind git, and may be left
    out where there is only one. `options` are those of the intent.
    """

    intent: RefactorIntent
    targets: tuple[str, ...] = Field(min_length=1, max_length=200)
    description: str = Field(min_length=1, max_length=8_000)
    acceptance: tuple[str, ...] = Field(default=(), max_length=50)
    priority: int = Field(default=5, ge=1, le=10)
    auto_merge: bool = False
    repository: str | None = Field(default=None, min_length=1, max_length=200)
    options: dict[str, JsonValue] = Field(default_factory=dict, max_length=20)


DEFINITION = Topic(
    name="task_code_refactor",
    body=RefactorTask,
    key=lambda body: body.intent.value,
    about="A refactoring is requested. The coding pool does it, as a task of its own.",
)
