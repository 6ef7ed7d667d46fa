"""diagnosed -> planned: the requested playbook, or the best one for the best cause."""

from dataclasses import replace
from datetime import datetime

from grace_workers.diagnosis import Diagnosis
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import PlanId, uuid7
from grace_workers.learning import experience
from grace_workers.orchestration.dossier import Closing, Dossier, Request
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.experience import experienced, kin_of
from grace_workers.orchestration.line.move import Move, StageResult, Write
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.playbook_versions import PlaybookVersion, PlaybookVersionStore
from grace_workers.playbooks import NoPlan, Occasion, Plan, bind, candidates, choose
from grace_workers.signals import IncidentState

PROPOSER = "grace"


def plan(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the plan, or escalate to people with the reason why each playbook was not chosen."""
    del claim
    found = _asked_for(line, dossier, dossier.request) if dossier.request is not None else _chosen(line, dossier)
    if isinstance(found, NoPlan):
        return Move(
            dossier=replace(
                dossier,
                closing=Closing.ESCALATED,
                reasons=(found.reason, *_by_hand(line, dossier), *found.considered),
            ),
            state=IncidentState.ESCALATED,
            headline=found.reason,
            outcome="no_plan",
            data={"considered": list(found.considered)},
        )
    return Move(
        dossier=replace(dossier, plan=found),
        state=IncidentState.PLANNED,
        headline=f"{found.playbook} on {found.target}: {', '.join(step.id for step in found.steps)}",
        data={
            "playbook": found.playbook,
            "playbook_digest": found.playbook_digest,
            "plan_digest": found.digest,
            "domain": found.domain.value,
            "proposer": found.proposer,
        },
        writes=_kept(line, found),
    )


def _by_hand(line: Line, dossier: Dossier) -> tuple[str, ...]:
    """Return why no playbook may act on the best cause, if its file says that."""
    hypotheses = () if dossier.diagnosis is None else dossier.diagnosis.hypotheses
    cause = line.causes().get(hypotheses[0].cause) if hypotheses else None
    because = None if cause is None or cause.by_hand is None else cause.by_hand.because
    return () if cause is None or because is None else (f"{cause.name} is for a person: {because}",)


def _kept(line: Line, found: Plan) -> tuple[Write, ...]:
    """Return the write that keeps the playbook as it is now; none for a plan that no playbook of a file made."""
    library = line.library()
    if found.playbook not in library or library[found.playbook].digest != found.playbook_digest:
        return ()
    playbook = library[found.playbook]
    content = playbook.model_dump(mode="json")

    def keep(tx: LineTransaction, now: datetime) -> None:
        version = PlaybookVersion(digest=playbook.digest, playbook=playbook.name, first_at=now, content=content)
        tx[PlaybookVersionStore].keep(version)

    return (keep,)


def _chosen(line: Line, dossier: Dossier) -> Plan | NoPlan:
    incident = dossier.incident
    diagnosis = dossier.diagnosis or Diagnosis(hypotheses=(), evidence=())
    library = line.library()
    with line.ledger.reading() as tx:
        tallies = tx.records.tallies(candidates(diagnosis, library))
        found = experienced(tx, incident.signature, kin_of(dossier.signal))
    prospects = experience(found.tracks, tallies, found.family)
    return choose(diagnosis, line.targets, library, prospects, incident=incident.id, proposer=PROPOSER)


def _asked_for(line: Line, dossier: Dossier, request: Request) -> Plan | NoPlan:
    incident = dossier.incident
    if request.plan is not None:
        withdrawn = _withdrawn(line, request.plan)
        # After another look the plan gets new approval and a new contract.
        return replace(request.plan, id=PlanId(uuid7())) if withdrawn is None else NoPlan(reason=withdrawn)
    if incident.target is None:
        return NoPlan(reason="a request must name its target")
    occasion = Occasion(
        incident=incident.id,
        subject=incident.target,
        proposer=request.by,
        reason=incident.title,
        params=request.params,
    )
    try:
        return bind(line.library(), request.playbook, occasion, line.targets)
    except (InputError, NotFoundError) as error:
        return NoPlan(reason=str(error))


def _withdrawn(line: Line, plan: Plan) -> str | None:
    """Return why a run may not go on now whose playbook people have taken out of force since; None if they have not."""
    library, name = line.library(), plan.playbook
    with line.ledger.reading() as tx:
        if tx[PlaybookVersionStore].find(plan.playbook_digest) is None:
            return None  # No playbook of a file made it.
    if name not in library:
        return f"playbook {name!r} is in no file any more, so its run cannot be resumed; retry the incident instead"
    if library[name].shadow or not library[name].enabled:
        why = "in shadow mode" if library[name].shadow else "not enabled"
        return f"playbook {name!r} is {why} now, so its run cannot be resumed; change its file, or retry the incident"
    return None
