"""granted -> contracted: permission for exactly this plan, with its targets held for this run alone."""

from dataclasses import replace

from grace_workers.foundation.errors import IntegrityError
from grace_workers.governance import Refused, draw_up
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import planned
from grace_workers.orchestration.line.move import Move, StageResult
from grace_workers.orchestration.line.moves import look_again
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.storm import begins, no_room, surroundings
from grace_workers.orchestration.stores.storm import StormStore
from grace_workers.signals import IncidentState


def contract(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the contract; if there is no room for the run, or the grant has expired, look at the incident again.

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
    around = surroundings(line, plan)
    with line.ledger.reading() as tx:
        load = tx[StormStore].load(around.query, line.clock.now())
    why = no_room(plan, dossier.granted, around, load, line.policy.storm)
    if why is not None:
        return look_again(line, dossier, why)
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
        writes=(begins(line, plan, dossier.granted),),
    )
