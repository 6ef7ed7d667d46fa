"""The request bodies of the API, one document each. Unknown keys are refused."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from grace_workers.cycles import Goal
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.ids import TargetName, uuid7
from grace_workers.foundation.redaction import starred
from grace_workers.governance import LATEST, MaintenanceWindow, Role, StandIn, WindowEffect, WindowScope, Zone
from grace_workers.orchestration.events.mesh import LEASE
from grace_workers.orchestration.job import JobState, Pool
from grace_workers.orchestration.learned_causes import LONGEST_FILE
from grace_workers.orchestration.many_jobs import MOST_AT_ONCE, JobFilter
from grace_workers.orchestration.subscriptions import Hold
from grace_workers.playbooks import Duration

# The reason for an action is stored and shown, so secrets in it are starred at once.
_Words = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(starred)]


class AnswerOrder(Document):
    """An answer to a plan that waits for a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"approved": True, "reason": "safe at this hour"}]})

    approved: bool = Field(strict=True)
    reason: _Words
    break_glass: bool = Field(
        default=False,
        strict=True,
        description="Approve alone, whatever the role and who caused the plan. It alarms all.",
    )


class ReasonOrder(Document):
    """The reason for an action."""

    reason: _Words


class SignInOrder(Document):
    """The code with which the identity provider sent the browser back, and what the attempt began with."""

    code: str = Field(min_length=1, max_length=4_000, repr=False)
    nonce: str = Field(min_length=20, max_length=200, repr=False)
    verifier: str = Field(min_length=43, max_length=128, repr=False)


class StandInOrder(ReasonOrder):
    """Who may answer in the caller's place, and for how long. It begins at once without `starts_at`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"stand_in": "ben", "ends_at": "2026-12-24T08:00:00Z", "reason": "on holiday"}]}
    )

    stand_in: str = Field(min_length=1, max_length=100)
    ends_at: AwareDatetime
    starts_at: AwareDatetime | None = None

    def stand_in_of(self, approver: str, now: datetime) -> StandIn:
        """Return what is asked for. An admin's stand-in is an approver, too."""
        return StandIn(
            id=uuid7(),
            approver=approver.partition("/")[0],
            stand_in=self.stand_in,
            role=Role.APPROVER,
            starts_at=max(now, (self.starts_at or now).astimezone(UTC)),
            ends_at=self.ends_at.astimezone(UTC),
            reason=self.reason,
        )


class DiscoverOrder(Document):
    """How to look for targets."""

    accept: bool = Field(
        default=False, strict=True, description="Drop the targets that are gone, even if that is most of them."
    )


_Key = Annotated[str, Field(min_length=1, max_length=100)]


class EditOrder(ReasonOrder):
    """Other params for the steps of a plan that waits for an answer. What is not named stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"params": {"restart": {"grace_period": "30s"}}, "reason": "it stops slowly"}]}
    )

    params: dict[_Key, dict[_Key, JsonValue]] = Field(min_length=1, max_length=100)


class RestoreOrder(ReasonOrder):
    """Which part of a snapshot to put back, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"part": "knowledge.json", "reason": "it was wrong"}]})

    part: str = Field(min_length=1, max_length=300)


class ResumeOrder(ReasonOrder):
    """Go on with a run. With `failed_only`, targets of a rolling step whose turn never came are left out."""

    failed_only: bool = Field(default=False, strict=True)


class SafePointOrder(ReasonOrder):
    """A safe point to keep under a name that is not taken. Without targets, it is of all that can give a part."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    targets: tuple[TargetName, ...] = Field(default=(), max_length=100)


class LeverOrder(ReasonOrder):
    """Another value of a lever, and why. `on_trial`: the optimiser compares it with the present one first."""

    value: int = Field(strict=True, ge=0, le=1 << 31)
    on_trial: bool = Field(default=False, strict=True)


class CauseOrder(ReasonOrder):
    """A cause to accept, by its name, and why. Without a file it is the one that the cluster of this name proposes."""

    name: str = Field(min_length=1, max_length=64)
    file: str | None = Field(default=None, min_length=1, max_length=LONGEST_FILE, description="the cause as YAML")


class StepAnswerOrder(Document):
    """The answer to the question of a step, field by field."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": {"way": "replica"}}]})

    answer: dict[Annotated[str, Field(min_length=1, max_length=64)], bool | int | float | str] = Field(max_length=10)


class SwitchOrder(Document):
    """A global switch: `on` and why."""

    on: bool = Field(strict=True)
    reason: _Words


_Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=200)]


class WindowOrder(Document):
    """A maintenance window: what it does to what, when, for how long, and why.

    It begins at once without `starts_at`. With a `rule` (RFC 5545, as FREQ=WEEKLY;BYDAY=SU) it comes again until
    `ends_at`, a year later at most, by the wall time of `zone`. Without any scope it is about everything.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "backup", "effect": "mute", "lasts": "2h", "reason": "a copy", "targets": ["shop-db"]}
            ]
        }
    )

    name: str = Field(min_length=1, max_length=200)
    effect: WindowEffect
    lasts: Duration
    reason: _Words
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    rule: str = Field(default="", max_length=200)
    zone: Zone = "UTC"
    targets: _Names = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict, max_length=50)
    alerts: _Names = Field(default_factory=list)
    causes: _Names = Field(default_factory=list)

    def window(self, by: str, now: datetime) -> MaintenanceWindow:
        """Return the window that is asked for."""
        start = self.starts_at or now
        last = start + LATEST if self.rule else start + self.lasts
        return MaintenanceWindow(
            name=self.name,
            effect=self.effect,
            scope=WindowScope(
                targets=tuple(TargetName(name) for name in self.targets),
                labels=self.labels,
                alerts=tuple(self.alerts),
                causes=tuple(self.causes),
            ),
            starts_at=start.astimezone(UTC),
            lasts=self.lasts,
            rule=self.rule.removeprefix("RRULE:"),
            zone=self.zone,
            ends_at=(self.ends_at or last).astimezone(UTC),
            reason=self.reason,
            by=by,
            made_at=now,
        )


class GoalOrder(Document):
    """A goal: what is measured, what it is to reach over how many days, and who answers for it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "nights", "indicator": "autonomy", "objective": 0.9, "days": 30}]}
    )

    name: str = Field(min_length=1, max_length=63, pattern=r"^[a-z][a-z0-9_-]*$")
    indicator: str = Field(min_length=1, max_length=100)
    objective: float = Field(allow_inf_nan=False)
    days: int = Field(default=30, strict=True, ge=1, le=90)
    owner: str | None = Field(default=None, min_length=1, max_length=200)
    needs: list[Annotated[str, Field(max_length=63)]] = Field(default_factory=list, max_length=20)
    budgeted: bool = Field(default=False, strict=True, description="watch what it allows to go wrong")

    def goal(self, by: str) -> Goal:
        """Return the goal that is asked for."""
        return Goal(
            name=self.name,
            indicator=self.indicator,
            objective=self.objective,
            window=timedelta(days=self.days),
            owner=starred(self.owner or by),
            needs=tuple(dict.fromkeys(self.needs)),
            budgeted=self.budgeted,
        )


class DryRunOrder(Document):
    """What a playbook would do, to which target, with which params."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"target": "shop-web", "params": {}}]})

    target: str = Field(min_length=1, max_length=200)
    params: dict[str, JsonValue] = Field(default_factory=dict)


class ManyJobsOrder(Document):
    """All jobs of a state, a pool and a name that a person has seen counted: `count` of them at the time `at`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state": "dead", "pool": "healing", "count": 7, "at": "2026-11-29T12:00:00Z"}]}
    )

    state: JobState
    pool: Pool | None = None
    name: str | None = Field(default=None, min_length=1, max_length=200)
    count: int = Field(strict=True, ge=1, le=MOST_AT_ONCE, description="not more than these are changed")
    at: AwareDatetime = Field(description="jobs that were submitted later are left alone")

    def filter(self) -> JobFilter:
        """Return which jobs are meant."""
        return JobFilter(state=self.state, pool=self.pool, name=self.name)


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
