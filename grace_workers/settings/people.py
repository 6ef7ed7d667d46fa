"""The people who are told, the ways that reach them, and the escalations."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.field_types import OneLine

WayName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class PersonSettings(Document):
    """Someone who may answer by a signed link or a button. Their role decides what their answer counts for."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
    role: Literal["operator", "approver", "admin"]
    email: OneLine | None = None
    slack: OneLine | None = None


class StepSettings(Document):
    """Tell by these ways `after` people began to be needed, then again `every` so long, `times` in all."""

    ways: tuple[WayName, ...] = Field(min_length=1, max_length=20)
    after: timedelta = Field(default=timedelta(0), ge=timedelta(0), le=timedelta(days=7))
    every: timedelta = Field(default=timedelta(minutes=15), ge=timedelta(seconds=10), le=timedelta(days=7))
    times: int = Field(default=1, ge=1, le=100)


class EscalationSettings(Document):
    """Whom to tell about which incidents. The first one whose conditions hold counts; without conditions all match."""

    name: WayName
    severities: tuple[Literal["info", "warning", "error", "critical"], ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    steps: tuple[StepSettings, ...] = Field(min_length=1, max_length=20)


class PeopleSettings(Document):
    """Who is told what, and how.

    `ways` are named connections; each has a `kind` and what that kind needs. `reports` are the ways by which people
    learn what was healed. `address` is where people reach the dashboard. Links in e-mails that answer a question are
    signed with `signing_key`, and `slack_secret` is the signing secret of the Slack application whose buttons do.
    """

    ways: dict[WayName, dict[str, JsonValue]] = Field(default_factory=dict, max_length=100, repr=False)
    escalations: tuple[EscalationSettings, ...] = Field(default=(), max_length=100)
    reports: tuple[WayName, ...] = ()
    persons: tuple[PersonSettings, ...] = Field(default=(), max_length=10_000)
    address: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/[^\s]*[^\s/])?$")] | None = None
    signing_key: SecretStr | None = Field(default=None, min_length=32)
    slack_secret: SecretStr | None = Field(default=None, min_length=16)

    @model_validator(mode="after")
    def _named(self) -> Self:
        used = {way for one in self.escalations for step in one.steps for way in step.ways} | {*self.reports}
        unknown = sorted(used - self.ways.keys())
        if unknown:
            raise ValueError(f"way {unknown[0]!r} is not declared; declared ways: {', '.join(self.ways) or 'none'}")
        names = [one.name for one in self.persons]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"person {doubled[0]!r} is declared twice; give each a different name")
        return self
