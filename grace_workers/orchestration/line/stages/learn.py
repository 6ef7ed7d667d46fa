"""verified -> closed, restored -> escalated: record what the run taught."""

from dataclasses import replace

from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import ending_of, planned, remember
from grace_workers.orchestration.line.move import Move, StageResult
from grace_workers.orchestration.line.parts import Line
from grace_workers.signals import IncidentState


def learn(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the run's end: healed, or restored and escalated to people."""
    del line, claim
    plan = planned(dossier)
    if dossier.incident.state is IncidentState.VERIFIED:
        return Move(
            dossier=replace(dossier, closing=Closing.HEALED),
            state=IncidentState.CLOSED,
            headline=f"healed by {plan.playbook}",
            outcome="healed",
            writes=remember(dossier, Ending.VERIFIED, restored=None),
        )
    return Move(
        dossier=replace(dossier, closing=Closing.RESTORED),
        state=IncidentState.ESCALATED,
        headline=f"{plan.playbook} did not help; everything was restored; a person must investigate",
        outcome="escalated",
        writes=remember(dossier, ending_of(dossier), restored=True),
    )
