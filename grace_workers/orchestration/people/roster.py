"""`People`: who is told what and when, as declared, with the ways that reach them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from grace_workers.governance import Role
from grace_workers.signals import Incident

GLASS = "glass"
"""The place of a notice that someone broke the glass."""


class NoticeKind(StrEnum):
    """What a notice is about: people are needed, what they were needed for is over, or it is for their information."""

    NEEDED = "needed"
    OVER = "over"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleNotice:
    """One message about one subject. `subject` and `key` identify it, so that sending it twice shows only once.

    `approval` and `digest` are those of the question that it puts, where the way can carry buttons. `answers` are the
    links by which persons answer it, by their e-mail address; no one else may see a person's link.
    """

    subject: str
    key: str
    kind: NoticeKind
    title: str
    lines: tuple[str, ...]
    severity: str
    link: str | None = None
    approval: str | None = None
    digest: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


class NotifyWay(Protocol):
    """A way that reaches people."""

    def send(self, notice: PeopleNotice, thread: str | None) -> str | None:
        """Send a notice into the thread of its subject; return the thread, None where the way has none.

        Raises:
            TransientError: it may succeed later.
            PermanentError: the other side refuses it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone who may answer without a token: their role, and who they are on each side."""

    name: str
    role: Role
    email: str = ""
    slack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Tell by these ways `after` people began to be needed, and again `every` so long, `times` in all."""

    ways: tuple[str, ...]
    after: timedelta = timedelta(0)
    every: timedelta = timedelta(minutes=15)
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Whom to tell about which incidents; empty conditions match all."""

    name: str
    steps: tuple[EscalationStep, ...]
    severities: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)

    def matches(self, incident: Incident, labels: Mapping[str, str]) -> bool:
        """Return whether it is for this incident of a target with these labels."""
        if self.severities and incident.severity.value not in self.severities:
            return False
        return all(labels.get(key) == value for key, value in self.labels.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everyone who is told, and how. `reports` are the ways by which people learn what was healed.

    `address` is where people reach the dashboard; answers by link are signed with `signing_key`.
    """

    ways: Mapping[str, NotifyWay] = field(default_factory=dict)
    escalations: Sequence[EscalationPolicy] = ()
    reports: tuple[str, ...] = ()
    persons: Sequence[Person] = ()
    address: str = ""
    signing_key: str = field(default="", repr=False)
    slack_secret: str = field(default="", repr=False)

    def escalation(self, incident: Incident, labels: Mapping[str, str]) -> EscalationPolicy | None:
        """Return the first escalation for this incident."""
        return next((one for one in self.escalations if one.matches(incident, labels)), None)
