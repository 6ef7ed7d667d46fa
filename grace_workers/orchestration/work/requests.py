"""Requested work: healing tasks. Each becomes one durable job, in the caller's own transaction."""

from collections.abc import Iterable
from dataclasses import replace

from grace_workers.actions import undeclared
from grace_workers.foundation.errors import InputError, IntegrityError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.foundation.tracing import current
from grace_workers.governance import Involvement, Proposer
from grace_workers.orchestration.dossier import Dossier, Fate, Happening, Receipt, Request
from grace_workers.orchestration.job import Claim, Ending, Job, JobRequest, Pool, Priority, senders
from grace_workers.orchestration.line.advance import advance
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.transition import record
from grace_workers.orchestration.stores import LineTransaction, Transaction
from grace_workers.orchestration.work.wishes import HealPayload, HealTask
from grace_workers.playbooks import Library
from grace_workers.signals import Incident, Severity, Signal, sign

HEAL = "grace.heal"
_SAID = {"target", "reason", "playbook", "params"}


def heal(tx: Transaction, task: HealTask, *, by: str) -> Job:
    """Submit a healing task inside the caller's transaction; its job ends with the incident."""
    return tx.jobs.submit([heal_request(task, by=by)])[0]


def heal_request(task: HealTask, *, by: str) -> JobRequest:
    """Return the job of a healing task that `by` requests."""
    return JobRequest(
        name=HEAL,
        pool=Pool.ORCHESTRATION,
        payload={**task.model_dump(mode="json", include=_SAID), "by": by},
        priority=Priority(task.priority),
        dedupe_key=senders(task.dedupe_key),
        by=by,
    )


def refuse_unknown(task: HealTask, targets: Iterable[TargetName], library: Library) -> None:
    """Refuse a task whose target is not declared, or whose playbook is not in force. Raises InputError."""
    declared = frozenset(targets)
    if task.target not in declared:
        raise InputError(undeclared(task.target, declared))
    if task.playbook is not None and task.playbook not in library:
        known = ", ".join(library.names) or "none"
        raise InputError(f"unknown playbook {task.playbook[:80]!r}; known: {known}")


def run_requested(line: Line, claim: Claim) -> Ending:
    """Run a healing task's job: open its incident and advance it. Running it twice opens one incident.

    Raises:
        InputError: the payload does not fit, or names an unknown target or playbook.
    """
    task = HealPayload.read(dict(claim.job.payload), "healing task")
    refuse_unknown(task, line.targets, line.library())
    dossier = _dossier(line, task, claim)
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        incident = opened_once(tx, dossier)
        for by in dict.fromkeys((task.by, *claim.job.asked_by)):
            tx.approvals.involve([incident], Proposer(by=by, part=Involvement.REQUEST, at=claim.job.submitted_at))
    return advance(line, claim, incident)


def opened_once(tx: LineTransaction, dossier: Dossier) -> IncidentId:
    """Open the incident of a task and return it; or return the one that an earlier run of its job opened."""
    signal, incident = dossier.signal, dossier.incident
    earlier = tx.signals.known([signal.delivery_key]).get(signal.delivery_key)
    if earlier is not None:
        if earlier.receipt.incident is None:
            raise IntegrityError(f"task {signal.delivery_key} was accepted earlier, but opened no incident")
        return earlier.receipt.incident
    tx.incidents.add(dossier)
    reason = f"asked for by {signal.labels['by']}"
    tx.signals.keep([(signal, Receipt(signal=signal.id, fate=Fate.OPENED, incident=incident.id, reason=reason))])
    happening = Happening(
        at=incident.opened_at,
        stage="signal",
        state=incident.state.value,
        headline=f"{signal.labels['by']}: {incident.title}",
        took=0.0,
    )
    record(tx, dossier, happening, actor=signal.labels["by"])
    return incident.id


def asked_for(line: Line, claim: Claim, *, what: str, target: TargetName, reason: str, by: str) -> Dossier:
    """Return the open incident of a request. Runs of one job share the delivery key, so it opens once."""
    now = line.clock.now()
    name = f"request {what}"
    signal = Signal(
        source="request",
        name=name,
        target=target,
        severity=Severity.WARNING,
        summary=reason,
        labels={"by": by},
        signature=sign(name),
        delivery_key=f"job:{claim.job.id}",
        observed_at=now,
    )
    incident = Incident(
        target=target,
        signature=signal.signature,
        severity=signal.severity,
        title=reason,
        opened_at=now,
        last_signal_at=now,
        updated_at=now,
        priority=claim.job.priority,
    )
    return Dossier(incident=incident, signal=signal, trace=current())


def _dossier(line: Line, task: HealPayload, claim: Claim) -> Dossier:
    target = TargetName(task.target)
    asked = asked_for(line, claim, what=task.playbook or "heal", target=target, reason=task.reason, by=task.by)
    wish = None if task.playbook is None else Request(playbook=task.playbook, params=task.params, by=task.by)
    return replace(asked, request=wish)
