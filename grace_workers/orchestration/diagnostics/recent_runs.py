"""What the fleet itself did to the target and its dependencies lately."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.diagnosis import neighbourhood
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene

_LATELY = timedelta(days=7)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the newest runs of a week; one that did not help is notable."""
    near = {one.name for one in neighbourhood(scene.target.name, scene.line.subjects)} | {scene.target.name}
    with scene.line.ledger.transaction() as tx:
        found = tx.records.episodes(since=scene.now - _LATELY, targets=near, limit=MOST)
    return [
        DiagnosticFact(
            name="run",
            value=round((scene.now - one.at).total_seconds()),
            unit="s ago",
            about=f"{one.playbook} on {one.target}",
            note=f"{one.ending}, for {one.cause}, incident {one.incident}",
            notable=one.ending.value != "verified",
        )
        for one in found
    ]


DEFINITION = Diagnostic(
    name="recent_runs", summary="What Grace itself did to the target lately, and how it ended.", look=look
)
