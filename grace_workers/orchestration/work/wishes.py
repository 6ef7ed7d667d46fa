"""What people and programs may ask of the fleet: one document each, for the API, the client and the job alike."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.playbooks import ReadyPlan

_LONGEST_REASON = 500

_Priority = Annotated[int, Field(strict=True, ge=1, le=10, description="1 to 10, 10 most urgent")]
_DedupeKey = Annotated[
    str | None,
    Field(min_length=1, max_length=200, description="while a task with this key is open, no second one is created"),
]


class HealTask(Document):
    """A healing task. Without a playbook the fleet diagnoses the target itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"target": "shop-web", "playbook": "restart_dead_service", "reason": "it does not answer"}]
        }
    )

    target: str = Field(min_length=1, max_length=200, description="a target declared in grace.yaml")
    reason: str = Field(json_schema_extra={"minLength": 1, "maxLength": _LONGEST_REASON})
    playbook: str | None = Field(default=None, min_length=1, max_length=100)
    params: dict[str, JsonValue] = Field(default_factory=dict)
    priority: _Priority = 5
    dedupe_key: _DedupeKey = None

    @field_validator("reason")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not value.strip() or len(value) > _LONGEST_REASON:
            raise ValueError(f"a healing task needs a reason of 1 to {_LONGEST_REASON} characters; say what you saw")
        return value

    @model_validator(mode="after")
    def _params_have_a_playbook(self) -> Self:
        if self.params and self.playbook is None:
            raise ValueError("params need a playbook; name one, or leave them out")
        return self


class HealPayload(HealTask):
    """A healing task as its job stores it: with the requester's name."""

    by: str


class OrchestrationTask(Document):
    """One of the fleet's own jobs, by name; `GET /elite/orchestration/status` lists those that operators may start."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "cycle.triggers"}]})

    name: str = Field(min_length=1, max_length=100)
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    priority: _Priority = 5
    dedupe_key: _DedupeKey = None


class PlanTask(Document):
    """A ready plan, which enters the line at governance."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plan": {
                        "name": "restart_after_release",
                        "target": "shop-web",
                        "reason": "release 42 leaves the old process in memory",
                        "aspect": "performance",
                        "steps": [{"id": "restart", "primitive": "restart_service"}],
                        "expectations": [
                            {"id": "runs", "check": "alive", "operator": "==", "bound": 1, "within": "15s"}
                        ],
                    }
                }
            ]
        }
    )

    plan: ReadyPlan
    priority: _Priority = 5
    dedupe_key: _DedupeKey = None


class PlanPayload(Document):
    """A ready plan as its job stores it: with its proposer, who may not approve it."""

    plan: ReadyPlan
    by: str
