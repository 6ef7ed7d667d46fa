"""open -> diagnosed: check what is known against current readings, or gather evidence, and rank the causes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from grace_workers.diagnosis import (
    Diagnosis,
    Evidence,
    EvidenceRequest,
    Findings,
    Ground,
    Knowledge,
    ground,
    kept_in_order,
    neighbourhood,
    rank,
    recognised,
    refused_suggestions,
    refuting_evidence,
    wanted_evidence,
    wellness,
)
from grace_workers.learning import features_of, text_of
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.deployments import deployments_near
from grace_workers.orchestration.line.experience import knowledge_of
from grace_workers.orchestration.line.fairness import outranks
from grace_workers.orchestration.line.move import Move, StageResult, Wait
from grace_workers.orchestration.line.moves import cure_since_opened, cured
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import Seen, read_evidence
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.groups import GroupStore, InTheWay
from grace_workers.signals import FURTHEST_CAUSE, Incident, IncidentState, Signal

_SIGNALS = 20
_LONGEST_WAIT = timedelta(seconds=5)
# Errors logged before a cure are still counted for a while after it.
_LINGERING = timedelta(seconds=20)
_MOST_TOLD = 5


def diagnose(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the ranked causes; a request that names its playbook continues with none."""
    del claim
    if dossier.request is not None:
        headline = f"{dossier.request.by} asked for {dossier.request.playbook}"
        return Move(dossier=dossier, state=IncidentState.DIAGNOSED, headline=headline)
    with line.ledger.reading() as tx:
        wait = _wait(tx, line, dossier)
        if wait is not None:
            return wait
        known = _known(tx, line, dossier)
    findings, seen, wanted = _look(line, dossier, known)
    diagnosis = _ranked(line, findings)
    if not diagnosis.hypotheses:
        return _without_cause(line, replace(dossier, diagnosis=diagnosis), findings, seen, wanted)
    best = diagnosis.hypotheses[0]
    return Move(
        dossier=replace(dossier, diagnosis=diagnosis),
        state=IncidentState.DIAGNOSED,
        headline=f"{best.cause} on {best.subject}: {best.reasoning}",
        data={"cause": best.cause, "confidence": f"{best.confidence:.4f}", "engine": best.engine.value},
    )


def _ranked(line: Line, findings: Findings) -> Diagnosis:
    """Return the ranked causes, with what outcomes of the past suggest among them."""
    features = features_of(findings, line.checks)
    recalled = line.recollection.recall(features, text_of(findings.signals[0]) if findings.signals else "")
    told = replace(findings, suggestions=recalled.suggestions)
    ranked = rank(told, line.engines)
    calibrated = kept_in_order(line.recollection.calibrated(ranked, findings.incident.signature), ranked, told)
    unknown = recalled.unknown if ranked.hypotheses else "; ".join(refused_suggestions(told)) or recalled.unknown
    return replace(calibrated, features=features, unknown=unknown)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the fleet knows without reading a target."""

    knowledge: Knowledge
    signals: tuple[Signal, ...]
    deployed: tuple[Evidence, ...]


def _known(tx: LineTransaction, line: Line, dossier: Dossier) -> _Known:
    line.recollection.follow(tx)
    learned = knowledge_of(tx, dossier.incident.signature)
    signals = tuple(signal for signal, _ in tx.signals.find(incident=dossier.incident.id, limit=_SIGNALS))
    return _Known(
        knowledge=Knowledge(tuple(learned)),
        signals=signals[::-1] or (dossier.signal,),
        deployed=deployments_near(tx, line, dossier.incident),
    )


def _look(line: Line, dossier: Dossier, known: _Known) -> tuple[Findings, Seen, Sequence[EvidenceRequest]]:
    """Return the findings: for a known problem whose cause is shown by current readings, only those readings."""
    findings = Findings(
        incident=dossier.incident,
        signals=known.signals,
        knowledge=known.knowledge,
        causes=line.causes(),
        subjects=line.subjects,
    )
    problem = recognised(dossier.incident, line.subjects, known.knowledge, findings.causes)
    if problem is not None:
        entry, subject = problem
        wanted = refuting_evidence(
            findings.causes.get(entry.cause), subject, entry.bindings, findings.around, line.checks
        )
        seen = read_evidence(line, wanted)
        told = replace(findings, evidence=(*seen.evidence, *known.deployed))
        if ground(entry.cause, told, subject, entry.bindings) is Ground.SHOWN:
            return told, seen, wanted
    wanted = wanted_evidence(dossier.incident, line.subjects, line.checks)
    seen = read_evidence(line, wanted)
    return replace(findings, evidence=(*seen.evidence, *known.deployed)), seen, wanted


def _without_cause(
    line: Line, dossier: Dossier, findings: Findings, seen: Seen, wanted: Sequence[EvidenceRequest]
) -> StageResult:
    """Close what another run has healed, and escalate everything else to people."""
    well = wellness(findings, line.checks)
    blind = [one for one in seen.failed if _speaks_of(line, dossier, one.request)]
    cure = cure_since_opened(line, dossier)
    if cure is not None and well.well and not (well.ill or blind):
        if not well.errors:
            return cured(dossier, cure, well.well)
        now = line.clock.now()
        if now < cure.at + _LINGERING:
            why = f"{cure.playbook} healed {cure.target}, and earlier errors are still counted"
            return Wait(until=min(cure.at + _LINGERING, now + _LONGEST_WAIT), why=why)
    failed = [f"{one.request.kind} of {one.request.subject} could not be read: {one.why}" for one in seen.failed]
    told = [*well.ill, *well.errors, *well.well, *failed][:_MOST_TOLD]
    reason = f"no cause matches; {len(seen.evidence)} of {len(wanted)} readings succeeded"
    reason += f": {'; '.join(told)}" if told else ""
    unknown = dossier.diagnosis.unknown if dossier.diagnosis is not None else None
    reason += f"; {unknown}" if unknown else ""
    return Move(
        dossier=replace(dossier, closing=Closing.ESCALATED, reasons=(reason,)),
        state=IncidentState.ESCALATED,
        headline=reason,
        outcome="no_cause",
    )


def _speaks_of(line: Line, dossier: Dossier, request: EvidenceRequest) -> bool:
    """Return whether a reading says how the reporting target is now, and does not also cover the past."""
    return request.subject == dossier.incident.target and not line.checks[request.kind].lingers


def _wait(tx: LineTransaction, line: Line, dossier: Dossier) -> Wait | None:
    """Return for what to wait, if there is anything: another run near the target, or the incident that leads."""
    found = tx[GroupStore].in_the_way(dossier.incident.id, hold=line.shares.hold)
    others = _others_at_work(line, dossier, found)
    now = line.clock.now()
    waited = now - dossier.incident.updated_at
    if others and waited < line.patience:
        # Another run may heal this problem too; looking after it ends saves a healed target from a second remedy. An
        # incident that has waited long looks less often, so that a storm on one target leaves the pool to others.
        pause = min(max(line.busy_wait, waited / 4), _LONGEST_WAIT)
        return Wait(until=now + pause, why=f"another run is working on {', '.join(others)}")
    leader = _waited_for(line, dossier, found)
    if leader is not None:
        why = f"it is part of incident {leader.id}, which is in progress on {leader.target}"
        return Wait(until=now + _LONGEST_WAIT, why=why)
    return None


def _others_at_work(line: Line, dossier: Dossier, found: InTheWay) -> list[str]:
    near = {subject.name for subject in neighbourhood(dossier.incident.target, line.subjects)}
    return sorted(near & found.busy)


def _waited_for(line: Line, dossier: Dossier, found: InTheWay) -> Incident | None:
    """Return the incident that leads this one, while it is in progress on something that this one depends on."""
    leader = found.leader
    near = {one.name for one in neighbourhood(dossier.incident.target, line.subjects, furthest=FURTHEST_CAUSE)}
    return leader if leader is not None and leader.target in near and not outranks(dossier.incident, leader) else None
