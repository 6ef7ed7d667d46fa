"""granted -> contracted: permission for exactly this plan, with its targets held for this run alone."""

from dataclasses import replace
from datetime import datetime

from grace_workers.foundation.errors import ConflictError, IntegrityError
from grace_workers.governance import Refused, draw_up
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import planned
from grace_workers.orchestration.line.move import Move, StageResult, Write
from grace_workers.orchestration.line.moves import look_again
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.playbooks import Plan
from grace_workers.signals import IncidentState


def contract(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the contract; if another run holds a target, or the grant has expired, look at the incident again.

    Raises:
        IntegrityError: there is no grant to issue a contract for.
    """
    del claim
    plan = planned(dossier)
    if dossier.granted is None:
        raise IntegrityError(f"incident {dossier.incident.id} is in state granted but has no grant")
    drawn = draw_up(plan, dossier.granted, line.clock.now())
    if isinstance(drawn, Refused):
        return look_again(line, dossier, drawn.reason)
    with line.ledger.transaction() as tx:
        taken = {plan.target, *plan.targets} & tx.journal.busy(other_than=dossier.incident.id)
    if taken:
        return look_again(line, dossier, f"another run is working on {', '.join(sorted(taken))}")
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
        writes=(_begins(plan),),
    )


def _begins(plan: Plan) -> Write:
    def begin(tx: LineTransaction, now: datetime) -> None:
        # In the transition's own transaction: a run begins exactly when its contract is stored.
        if not tx.journal.begin(plan, plan.incident, now):
            raise ConflictError(f"another run took a target of plan {plan.id} at the same moment")

    return begin
