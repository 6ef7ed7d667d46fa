"""What the diagnostic suite found for incidents, in memory."""

from collections.abc import Sequence
from datetime import datetime

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.diagnosing import DiagnosticReport
from grace_workers.orchestration.stores.reports import ReportStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryReportStore(ReportStore):
    """Implements `stores.ReportStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._reports: dict[tuple[IncidentId, TargetName], DiagnosticReport] = tx.table("incident_facts")

    def keep(self, incident: IncidentId, report: DiagnosticReport) -> None:
        known = self._reports.get((incident, report.target))
        if known is None or known.at <= report.at:
            self._reports[incident, report.target] = report

    def newest(self, target: TargetName, *, since: datetime) -> DiagnosticReport | None:
        found = [one for one in self._reports.values() if one.target == target and one.at >= since]
        return max(found, key=lambda one: one.at, default=None)

    def of_incident(self, incident: IncidentId) -> Sequence[DiagnosticReport]:
        return [report for (about, _), report in sorted(self._reports.items()) if about == incident]


DEFINITION = implements(ReportStore)(MemoryReportStore)
