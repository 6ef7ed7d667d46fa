"""open -> diagnosed: gather evidence where the problem is not known, and rank the causes."""

from dataclasses import replace

from grace_workers.diagnosis import Findings, Knowledge, neighbourhood, rank, wanted_evidence
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.jobs import Claim
from grace_workers.orchestration.moves import Move, StageResult, Wait
from grace_workers.orchestration.parts import Line
from grace_workers.orchestration.readings import read_evidence
from grace_workers.signals import IncidentState, Signal

_SIGNALS = 20


def diagnose(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the ranked causes; a request that names its playbook goes on with none."""
    del claim
    if dossier.request is not None:
        headline = f"{dossier.request.by} asked for {dossier.request.playbook}"
        return Move(dossier=dossier, state=IncidentState.DIAGNOSED, headline=headline)
    others = _others_at_work(line, dossier)
    if others and line.clock.now() - dossier.incident.updated_at < line.patience:
        # What another run mends may be this problem too; looking afterwards keeps a cured target from a second cure.
        return Wait(until=line.clock.now() + line.busy_wait, why=f"another run is at work on {', '.join(others)}")
    knowledge, signals = _known(line, dossier)
    wanted = wanted_evidence(dossier.incident, line.subjects, knowledge)
    findings = Findings(
        incident=dossier.incident,
        signals=signals or (dossier.signal,),
        evidence=read_evidence(line, wanted),
        knowledge=knowledge,
        subjects=line.subjects,
    )
    diagnosis = rank(findings, line.engines)
    after = replace(dossier, diagnosis=diagnosis)
    if not diagnosis.hypotheses:
        reason = f"no cause fits; {len(findings.evidence)} of {len(wanted)} readings could be taken"
        return Move(
            dossier=replace(after, closing=Closing.ESCALATED, reasons=(reason,)),
            state=IncidentState.ESCALATED,
            headline=reason,
            outcome="no_cause",
        )
    best = diagnosis.hypotheses[0]
    return Move(
        dossier=after,
        state=IncidentState.DIAGNOSED,
        headline=f"{best.cause} on {best.subject}: {best.reasoning}",
        data={"cause": best.cause, "confidence": f"{best.confidence:.4f}", "engine": best.engine.value},
    )


def _others_at_work(line: Line, dossier: Dossier) -> list[str]:
    near = {subject.name for subject in neighbourhood(dossier.incident.target, line.subjects)}
    with line.ledger.transaction() as tx:
        return sorted(near & tx.journal.busy(other_than=dossier.incident.id))


def _known(line: Line, dossier: Dossier) -> tuple[Knowledge, tuple[Signal, ...]]:
    with line.ledger.transaction() as tx:
        learned = tx.records.knowledge()
        signals = tuple(signal for signal, _ in tx.signals.find(incident=dossier.incident.id, limit=_SIGNALS))
    return Knowledge((*line.knowledge, *learned)), signals[::-1]
