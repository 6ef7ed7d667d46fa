"""The request bodies of the API, one document each. Unknown keys are refused."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.redaction import starred
from grace_workers.governance import Role
from grace_workers.orchestration.events.mesh import LEASE
from grace_workers.orchestration.subscriptions import Hold, Pull
from grace_workers.orchestration.work.wishes import HealTask, OrchestrationTask, PlanTask

# The reason for an action is stored and shown, so secrets in it are starred at once.
_Words = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(starred)]


class CodingOrder(Document):
    """A coding task. No coding agent is installed yet."""

    model_config = ConfigDict(extra="allow")


class AnswerOrder(Document):
    """An answer to a plan that waits for a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"approved": True, "reason": "safe at this hour"}]})

    approved: bool = Field(strict=True)
    reason: _Words


class ReasonOrder(Document):
    """The reason for an action."""

    reason: _Words


class SwitchOrder(Document):
    """A global switch: `on` and why."""

    on: bool = Field(strict=True)
    reason: _Words


class DryRunOrder(Document):
    """What a playbook would do, to which target, with which params."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"target": "shop-web", "params": {}}]})

    target: str = Field(min_length=1, max_length=200)
    params: dict[str, JsonValue] = Field(default_factory=dict)


class TokenOrder(Document):
    """A token to create; only the answer contains its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "ci", "role": "operator", "expires_in": 86400}]})

    name: str = Field(min_length=1, max_length=63)
    role: Role
    expires_in: timedelta | None = Field(default=None, description="seconds, or an ISO 8601 duration")
    rate_per_minute: int = Field(default=600, strict=True, ge=1, le=1_000_000)
    person: str | None = Field(
        default=None,
        min_length=1,
        max_length=63,
        description=("the person it belongs to; default: a person with the token's name"),
    )
    targets: list[str] | None = Field(
        default=None, min_length=1, max_length=1000, description="the targets that a reporter may report on"
    )


class QuarantineOrder(Document):
    """Quarantine an instance; with `force` even the last healthy one that serves a pool."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "its disk is failing"}]})

    reason: _Words
    force: bool = Field(default=False, strict=True)


class KernelOrder(Document):
    """An order for a kernel's node, with its reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "it leaks memory"}]})

    reason: _Words
    force: bool = Field(default=False, strict=True, description="pause even a critical kernel; needs the role admin")


class DrainOrder(Document):
    """Drain an instance."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"grace": 30}]})

    grace: timedelta = Field(
        default=timedelta(seconds=30),
        ge=timedelta(0),
        le=timedelta(hours=1),
        description="how long running jobs may take to finish, in seconds or as an ISO 8601 duration",
    )
    reason: _Words = "drained"


class RewindOrder(Document):
    """Where a subscription continues: after a position, or with the events since a time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after": 1200, "reason": "the mails were lost"}]})

    after: int | None = Field(default=None, strict=True, ge=0, le=2**62)
    since: AwareDatetime | None = None
    reason: _Words


class CursorOrder(Document):
    """The cursor of a subscription, as in the last answer."""

    position: int = Field(strict=True, ge=0, le=2**62)
    epoch: int = Field(strict=True, ge=0, le=2**62)


class AcknowledgeOrder(CursorOrder):
    """Acknowledge the events up to `upto`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"position": 1200, "epoch": 3, "upto": 1201}]})

    upto: int = Field(strict=True, ge=0, le=2**62)
    hold: Hold = LEASE


ORDERS: tuple[type[Document], ...] = (
    HealTask,
    CodingOrder,
    OrchestrationTask,
    PlanTask,
    AnswerOrder,
    ReasonOrder,
    SwitchOrder,
    DryRunOrder,
    TokenOrder,
    QuarantineOrder,
    DrainOrder,
    KernelOrder,
    RewindOrder,
    Pull,
    AcknowledgeOrder,
    CursorOrder,
)
