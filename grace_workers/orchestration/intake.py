"""Accepting signals: store, correlate, and start the line, in one transaction. A receipt is given only once stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from grace_workers.actions import Target
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.tracing import current, span
from grace_workers.governance import Part, Proposer, is_fleet
from grace_workers.orchestration.advance import advance_request, moved, record, urgency
from grace_workers.orchestration.arrows import Mover
from grace_workers.orchestration.dossier import Closing, Dossier, Fate, Happening, Receipt
from grace_workers.orchestration.gathering import gathering
from grace_workers.orchestration.jobs import Pool
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.signals import Ignored, Incident, Joined, Opened, Resolved, Signal, aimed, correlate, without_secrets

_MOST_NAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What accepting needs: where to store, which targets there are, and how long incidents absorb repeats."""

    ledger: LineLedger
    clock: Clock
    targets: Mapping[TargetName, Target]
    window: timedelta


def accept(intake: Intake, signals: Sequence[Signal], *, by: str) -> Sequence[Receipt]:
    """Store the signals and say what each led to, in their order. All or none are stored.

    A signal whose delivery key is known gets the earlier receipt again and changes nothing. `by` is who sent them.

    Raises:
        TransientError: the database cannot be reached; nothing was stored.
    """
    with intake.ledger.transaction() as tx:
        return accept_in(intake, tx, signals, by=by)


def accept_in(intake: Intake, tx: LineTransaction, signals: Sequence[Signal], *, by: str) -> Sequence[Receipt]:
    """Do what `accept` does, inside the caller's transaction."""
    with span("signal.accept", **{"grace.signals": len(signals)}):
        return _accept_all(intake, tx, signals, by)


def _accept_all(intake: Intake, tx: LineTransaction, signals: Sequence[Signal], by: str) -> Sequence[Receipt]:
    aimed_at = [without_secrets(aimed(signal, intake.targets)) for signal in signals]
    with gathering(tx, aimed_at, since=intake.clock.now() - intake.window) as gathered:
        receipts = [_accept(intake, gathered, signal, by) for signal in aimed_at]
    if not is_fleet(by):
        touched = {one.incident for one in receipts if one.incident is not None}
        tx.approvals.involve(touched, Proposer(by=by, part=Part.SIGNAL, at=intake.clock.now()))
    return receipts


def unknown_target(intake: Intake, target: TargetName) -> str:
    """Return the sentence that tells a sender that `target` is not declared."""
    known = sorted(intake.targets)
    listed = ", ".join(known[:_MOST_NAMES]) + (" …" if len(known) > _MOST_NAMES else "")
    return f"target {target[:80]!r} is not declared in grace.yaml; declared: {listed or 'none'}"


def _accept(intake: Intake, tx: LineTransaction, signal: Signal, by: str) -> Receipt:
    if not tx.signals.add(signal):
        earlier = tx.signals.receipt(signal.delivery_key)
        if earlier is None:
            return Receipt(signal=signal.id, fate=Fate.REPEATED, incident=None, reason="delivered before")
        return replace(earlier, fate=Fate.REPEATED, reason=f"delivered before: {earlier.reason}")
    receipt = _correlate(intake, tx, signal, by)
    tx.signals.settle(receipt)
    return receipt


def _correlate(intake: Intake, tx: LineTransaction, signal: Signal, by: str) -> Receipt:
    if signal.target is None:
        return _receipt(signal, Fate.IGNORED, None, "names no declared target; add a label such as grace_target")
    now = intake.clock.now()
    while True:
        recent = tx.incidents.recent(signal.target, signal.signature, since=now - intake.window)
        match correlate(signal, recent, now=now, window=intake.window):
            case Opened(incident=incident, note=note):
                return _open(tx, signal, incident, note, by)
            case Joined(incident=incident, note=note):
                tx.incidents.touch(incident)
                return _receipt(signal, Fate.JOINED, incident, note or f"signal {incident.signals} of the incident")
            case Resolved(incident=incident, reason=reason):
                try:
                    return _resolve(tx, signal, incident, reason, by)
                except ConflictError:
                    continue  # The line moved it at this very moment, perhaps to where a run is at work.
            case Ignored(reason=reason):
                return _receipt(signal, Fate.IGNORED, None, reason)


def _open(tx: LineTransaction, signal: Signal, incident: Incident, note: str, by: str) -> Receipt:
    dossier = Dossier(incident=incident, signal=signal, trace=current())
    headline = f"{signal.source}: {incident.title}" + (f" ({note})" if note else "")
    tx.incidents.add(dossier)
    happening = Happening(
        at=incident.opened_at,
        stage="signal",
        state=incident.state.value,
        headline=headline,
        took=0.0,
        data={"source": signal.source, "name": signal.name, "severity": signal.severity.value},
    )
    record(tx, dossier, happening, actor=by)
    tx.jobs.submit([advance_request(dossier, Pool.ORCHESTRATION, urgency(incident.severity))])
    return _receipt(signal, Fate.OPENED, incident, note or "a new incident")


def _resolve(tx: LineTransaction, signal: Signal, incident: Incident, reason: str, by: str) -> Receipt:
    """Close the incident, unless it has moved since `incident` was read. Raises ConflictError when it has."""
    before = tx.incidents.load(incident.id)
    if before.incident.version != incident.version:
        raise ConflictError(f"incident {incident.id} is no longer at version {incident.version}")
    known = replace(before, closing=Closing.RESOLVED, reasons=(*before.reasons, reason))
    after = moved(known, incident.state, incident.updated_at, Mover.SIGNAL)
    tx.incidents.save(after, expected_version=incident.version)
    tx.incidents.touch(incident)
    happening = Happening(at=incident.updated_at, stage="signal", state=incident.state.value, headline=reason, took=0.0)
    record(tx, after, happening, actor=by, outcome="resolved")
    return _receipt(signal, Fate.RESOLVED, incident, reason)


def _receipt(signal: Signal, fate: Fate, incident: Incident | None, reason: str) -> Receipt:
    return Receipt(signal=signal.id, fate=fate, incident=None if incident is None else incident.id, reason=reason)
