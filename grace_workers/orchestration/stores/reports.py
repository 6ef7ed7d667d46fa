"""What the diagnostic suite found for incidents that people were asked about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.diagnosing import DiagnosticReport


class ReportStore(Protocol):
    """Reports by incident and target; a newer one replaces an older one."""

    def keep(self, incident: IncidentId, report: DiagnosticReport) -> None:
        """Store a report."""
        ...

    def newest(self, target: TargetName, *, since: datetime) -> DiagnosticReport | None:
        """Return the newest report on a target since then, of whatever incident; None if there is none."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[DiagnosticReport]:
        """Return the reports of an incident, by target. One that cannot be read is left out and logged."""
        ...
