"""What was deployed to the target and what it depends on, newest first."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.diagnosis import neighbourhood
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene
from grace_workers.orchestration.stores.deployments import DeploymentStore

_LATELY = timedelta(days=1)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the newest deployments; one of the last day is notable."""
    near = [one.name for one in neighbourhood(scene.target.name, scene.line.subjects)] or [scene.target.name]
    with scene.line.ledger.transaction() as tx:
        found = [one for name in near for one in tx[DeploymentStore].newest(target=name, limit=3)]
    newest = sorted(found, key=lambda one: one.at, reverse=True)[:MOST]
    return [
        DiagnosticFact(
            name="deployed",
            value=round((scene.now - one.at).total_seconds()),
            unit="s ago",
            about=f"{one.target} {one.revision}",
            note=", ".join(part for part in (one.state.value, one.environment, one.title, one.by) if part),
            notable=scene.now - one.at < _LATELY,
        )
        for one in newest
    ]


DEFINITION = Diagnostic(
    name="deployments", summary="The newest deployments of the target and its dependencies.", look=look
)
