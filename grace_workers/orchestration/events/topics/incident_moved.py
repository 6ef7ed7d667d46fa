"""`incident.moved`: an incident was opened or reached another state."""

from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.events.topic import Topic


class IncidentMoved(Document):
    """The incident as it is now. `state` is the one it reached, `outcome` is what the stage concluded."""

    incident: UUID
    version: int
    state: str
    stage: str
    severity: str
    target: str | None
    signature: str
    headline: str
    outcome: str


DEFINITION = Topic(
    name="incident_moved",
    body=IncidentMoved,
    key=lambda body: str(body.incident),
    about="An incident was opened or changed its state.",
)


def incident_moved(dossier: Dossier, happening: Happening, outcome: str) -> IncidentMoved:
    """Return the body for a dossier as it is after the change."""
    incident = dossier.incident
    return IncidentMoved(
        incident=incident.id,
        version=incident.version,
        state=happening.state,
        stage=happening.stage,
        severity=incident.severity.value,
        target=incident.target,
        signature=redacted(incident.signature),
        headline=redacted(happening.headline),
        outcome=outcome,
    )
