"""Recent deployments near an incident, as evidence: the most common cause of what just broke."""

from datetime import timedelta

from grace_workers.diagnosis import Evidence, neighbourhood
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.deployments import DeploymentStore
from grace_workers.signals import Deployment, Incident

RECENT = timedelta(days=7)
_MOST = 3


def deployments_near(tx: LineTransaction, line: Line, incident: Incident) -> tuple[Evidence, ...]:
    """Return, for the target and each of its neighbours, the newest deployments of the days before the incident."""
    now = line.clock.now()
    names = [subject.name for subject in neighbourhood(incident.target, line.subjects)]
    told = tx[DeploymentStore].newest_of(names, limit=_MOST)
    near = {name: [one for one in found if one.at >= incident.opened_at - RECENT] for name, found in told.items()}
    return tuple(
        Evidence(
            kind="deployments",
            subject=name,
            value=[_fact(one, incident) for one in found],
            observed_at=now,
            source="deployments",
        )
        for name in names
        if (found := near.get(name))
    )


def _fact(one: Deployment, incident: Incident) -> JsonValue:
    return {
        "revision": one.revision,
        "state": one.state.value,
        "environment": one.environment,
        "title": one.title,
        "by": one.by,
        "url": one.url,
        "at": one.at.isoformat(),
        "seconds_before": (incident.opened_at - one.at).total_seconds(),
    }
