"""granted -> contracted: permission for exactly this plan, and its targets held for this run alone."""

from dataclasses import replace

from grace_workers.governance import Refused, draw_up
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.jobs import Claim
from grace_workers.orchestration.moves import Move, StageResult
from grace_workers.orchestration.parts import Line
from grace_workers.orchestration.stages.ending import planned
from grace_workers.orchestration.stages.govern import look_again, refuse
from grace_workers.signals import IncidentState


def contract(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the contract; where another run holds a target, the incident is looked at again after it."""
    plan = planned(dossier)
    now = line.clock.now()
    if dossier.granted is None:
        return refuse(dossier, Refused(gate="contract", reason="there is no grant to draw a contract from"))
    drawn = draw_up(plan, dossier.granted, now)
    if isinstance(drawn, Refused):
        return refuse(dossier, drawn)
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        begun = tx.journal.begin(plan, dossier.incident.id, now)
    if not begun:
        return look_again(line, dossier, "another run took a target of this plan")
    return Move(
        dossier=replace(dossier, contract=drawn),
        state=IncidentState.CONTRACTED,
        headline=f"contract for {len(plan.steps)} step(s) on {', '.join(sorted(drawn.targets))}, "
        f"until {drawn.not_after:%H:%M:%S} UTC",
        data={
            "plan_digest": drawn.plan_digest,
            "granted_by": list(drawn.granted_by),
            "budget": drawn.budget.total_seconds(),
            "targets": [str(target) for target in sorted(drawn.targets)],
        },
    )
