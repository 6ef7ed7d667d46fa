"""Declared heartbeats."""

from datetime import timedelta

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Heartbeat, Severity


class HeartbeatSettings(Document):
    """One declared heartbeat of a target: due once per `every`, and missing `grace` after that."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    target: str
    every: timedelta = Field(ge=timedelta(seconds=1))
    grace: timedelta = Field(default=timedelta(minutes=1), ge=timedelta(0))
    severity: Severity = Severity.ERROR

    def declared(self) -> Heartbeat:
        """Return what it declares."""
        return Heartbeat(
            name=self.name,
            target=TargetName(self.target),
            every=self.every,
            grace=self.grace,
            severity=self.severity,
        )
