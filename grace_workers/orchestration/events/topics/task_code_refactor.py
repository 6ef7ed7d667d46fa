"""`task.code_refactor`: a refactoring is requested; the coding pool does it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.events.topic import Topic


class RefactorTask(Document):
    """What to change, where (`targets` are paths or dotted names), and how to tell that it is done (`acceptance`).

    `intent` is a refactoring or a plan of several, as `clean`; or `steps` are those of a plan, each with its intent,
    and its own targets, options and `after`. Without targets a plan is about the whole repository. `auto_merge` asks
    for a merge without review; policy decides. `repository` is a target of kind git, and may be left out where there is
    only one. `options` are those of the intent.
    """

    intent: str = Field(default="", max_length=100)
    targets: tuple[Annotated[str, Field(min_length=1, max_length=500)], ...] = Field(default=(), max_length=200)
    steps: tuple[dict[str, JsonValue], ...] = Field(default=(), max_length=50)
    description: str = Field(min_length=1, max_length=8_000)
    acceptance: tuple[str, ...] = Field(default=(), max_length=50)
    priority: int = Field(default=5, ge=1, le=10)
    auto_merge: bool = False
    repository: str | None = Field(default=None, min_length=1, max_length=200)
    options: dict[str, JsonValue] = Field(default_factory=dict, max_length=20)

    @model_validator(mode="after")
    def _asks_for_what_is_offered(self) -> Self:
        # Imported where it is used, because every process reads the topics and few of them refactor.
        from grace_workers.coding import refactoring_objection

        try:
            objection = refactoring_objection(self.arguments())
        except InputError as error:
            raise ValueError(str(error)) from error
        if objection:
            raise ValueError(objection)
        return self

    def arguments(self) -> dict[str, JsonValue]:
        """Return the arguments of the coding task."""
        if self.steps:
            steps: list[JsonValue] = [{**one} for one in self.steps]
            return {"intent": self.intent, "targets": [*self.targets], "options": self.options, "steps": steps}
        return {"intent": self.intent, "targets": [*self.targets], "options": self.options}


DEFINITION = Topic(
    name="task_code_refactor",
    body=RefactorTask,
    key=lambda body: body.intent or "steps",
    about="A refactoring is requested. The coding pool does it, as a task of its own.",
)
