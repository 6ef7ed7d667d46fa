"""What the diagnostic suite found for incidents."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import IntegrityError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.diagnosing import DiagnosticReport
from grace_workers.orchestration.stores.reports import ReportStore
from grace_workers.orchestration.stores.store import implements

log = structlog.get_logger()

_KEEP = """
INSERT INTO incident_facts AS known (incident, target, at, document)
VALUES (%(incident)s, %(target)s, %(at)s, %(document)s::json)
ON CONFLICT (incident, target) DO UPDATE SET at = excluded.at, document = excluded.document
WHERE known.at <= excluded.at
"""

_FIND = "SELECT document, target FROM incident_facts WHERE incident = %(incident)s ORDER BY target LIMIT 20"

_NEWEST = """
SELECT document, target FROM incident_facts WHERE target = %(target)s AND at >= %(since)s ORDER BY at DESC LIMIT 1
"""


class PostgresReportStore(PostgresStore, ReportStore):
    """Implements `stores.ReportStore`."""

    def keep(self, incident: IncidentId, report: DiagnosticReport) -> None:
        document = json_text(stored(DiagnosticReport, report))
        values = {"incident": incident, "target": report.target, "at": report.at, "document": document}
        run(self._connection, _KEEP, values)

    def newest(self, target: TargetName, *, since: datetime) -> DiagnosticReport | None:
        return next(_readable(many(self._connection, _NEWEST, {"target": target, "since": since})), None)

    def of_incident(self, incident: IncidentId) -> Sequence[DiagnosticReport]:
        return list(_readable(many(self._connection, _FIND, {"incident": incident})))


def _readable(rows: Sequence[Sequence[object]]) -> Iterator[DiagnosticReport]:
    for document, target in rows:
        try:
            yield restored(DiagnosticReport, document, f"report on {target}")
        except IntegrityError as error:
            log.warning("report_left_out", target=target, error=str(error))


DEFINITION = implements(ReportStore)(PostgresReportStore)
