"""Membership of the fleet."""

from datetime import timedelta

from pydantic import Field

from grace_workers.fleet import QuarantineRules
from grace_workers.foundation.document import Document


class FleetSettings(Document):
    """How this node leaves, and when its leader quarantines an instance, readmits it, or retires it."""

    stop_grace: timedelta = Field(default=timedelta(seconds=5), ge=timedelta(0), le=timedelta(hours=1))
    quarantine_below: float = Field(default=0.4, ge=0, lt=0.5)
    sick_for: timedelta = Field(default=timedelta(seconds=4), ge=timedelta(0))
    repair_within: timedelta = Field(default=timedelta(seconds=60), gt=timedelta(0))
    validate_within: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0))
    attempts: int = Field(default=3, ge=1)
    canaries: int = Field(default=2, ge=1, le=20)

    @property
    def quarantine(self) -> QuarantineRules:
        """The rules by which a leader sets instances apart."""
        return QuarantineRules(
            below=self.quarantine_below,
            sick_for=self.sick_for,
            repair_within=self.repair_within,
            validate_within=self.validate_within,
            attempts=self.attempts,
            canaries=self.canaries,
        )
