"""Accepting signals: store, correlate, and start the line, in one transaction. A receipt is given only once stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from grace_workers.actions import Target
from grace_workers.cycles import ALIAS, aliased
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.foundation.tracing import current, span
from grace_workers.governance import Involvement, Proposer, is_fleet
from grace_workers.orchestration.dossier import Closing, Dossier, Fate, Happening, Receipt
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.line.arrows import Mover
from grace_workers.orchestration.line.fairness import CAPPED, Shares, may_begin, place
from grace_workers.orchestration.line.resting import rest_look
from grace_workers.orchestration.line.transition import (
    advance_request,
    change_of,
    cleared,
    make_room,
    moved,
    record,
    urgency,
)
from grace_workers.orchestration.stores import Delivered, LineLedger, LineTransaction
from grace_workers.orchestration.windows import muted_by
from grace_workers.orchestration.work.batch import DeliveryBatch, condition_of
from grace_workers.orchestration.work.fleet_changes import changes_in_force
from grace_workers.orchestration.work.grouping import group_opened
from grace_workers.orchestration.work.recognising import recognised_in
from grace_workers.signals import (
    EXPIRY,
    Condition,
    Correlation,
    FlapRule,
    Heartbeat,
    Ignored,
    Incident,
    IncidentState,
    Joined,
    Known,
    Opened,
    Resolved,
    Revived,
    Signal,
    SignalStatus,
    Topology,
    absorbed,
    aimed,
    correlate,
    with_member,
    without_member,
    without_secrets,
)

log = structlog.get_logger()

_UNMATCHED = "names no declared target; add a label such as grace_target, or see `grace signal list --unmatched`"
_SWITCH_GATES = frozenset({"freeze", "kill_switch", "first_effect"})
"""Gates that refuse because a switch is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What accepting needs: where to store, which targets exist, and how long incidents absorb repeats.

    A member of a condition that is silent for `expiry` counts as ended. `heartbeats` are those declared,
    `flaps` the rule for conditions that come and go.
    """

    ledger: LineLedger
    clock: Clock
    targets: Mapping[TargetName, Target]
    window: timedelta
    expiry: timedelta = EXPIRY
    shares: Shares = field(default_factory=Shares)
    heartbeats: Sequence[Heartbeat] = ()
    flaps: FlapRule = field(default_factory=FlapRule)
    topology: Topology = field(init=False)

    def __post_init__(self) -> None:
        topology = Topology({name: target.depends_on for name, target in self.targets.items()})
        object.__setattr__(self, "topology", topology)


def accept(
    intake: Intake,
    signals: Sequence[Signal],
    *,
    by: str,
    following: Sequence[Signal] = (),
    limit: Collection[TargetName] | None = None,
) -> Sequence[Receipt]:
    """Store the signals and return what each led to, in their order. All or none are stored.

    A signal whose delivery key is known gets the earlier receipt again, as long as that led to something that is in
    progress or helped. `by` is the sender, who may report on targets of `limit` only. `following` are signals of the
    same delivery that are stored after these.

    Raises:
        TransientError: nothing was stored, because the database is unreachable, or because what a signal is about has
            changed since the sender was judged.
    """
    with intake.ledger.transaction() as tx:
        return accept_in(intake, tx, signals, by=by, following=following, limit=limit)


def accept_in(
    intake: Intake,
    tx: LineTransaction,
    signals: Sequence[Signal],
    *,
    by: str,
    following: Sequence[Signal] = (),
    limit: Collection[TargetName] | None = None,
) -> Sequence[Receipt]:
    """Do what `accept` does, inside the caller's transaction."""
    with span("signal.accept", **{"grace.signals": len(signals)}):
        taken = _aimed(intake, tx, (*signals, *following))
        meant = {one.target for one in taken[: len(signals)]} - {None}
        if limit is not None and not meant <= {*limit}:
            raise TransientError("a signal is about another target than a moment ago; send the delivery again")
        named = recognised_in(tx, taken)
        aimed_at, later = named[: len(signals)], named[len(signals) :]
        batch = DeliveryBatch(tx, aimed_at, sender=by, shares=intake.shares, following=later)
        batch.targets = intake.targets
        batch.read(intake.clock.now(), window=intake.window, expiry=intake.expiry, flaps=intake.flaps)
        accepted = [_accept(batch, signal, at) for at, signal in enumerate(aimed_at)]
        receipts = group_opened(batch, intake.topology, accepted)
        batch.flush()
        if not is_fleet(by):
            touched = {one.incident for one in receipts if one.incident is not None}
            tx.approvals.involve(touched, Proposer(by=by, part=Involvement.SIGNAL, at=intake.clock.now()))
        _tell(batch)
        return receipts


def aimed_in(intake: Intake, signals: Sequence[Signal]) -> Sequence[TargetName | None]:
    """Return the target that each signal would be about, with the aliases in force."""
    with intake.ledger.transaction() as tx:
        return [one.target for one in _aimed(intake, tx, signals)]


def _aimed(intake: Intake, tx: LineTransaction, signals: Sequence[Signal]) -> Sequence[Signal]:
    """Return the signals with their targets settled; aliases are read only where one names no declared target."""
    taken = [without_secrets(aimed(signal, intake.targets)) for signal in signals]
    if all(one.target is not None for one in taken):
        return taken
    return aliased(taken, changes_in_force(tx, ALIAS), intake.targets)


def _accept(batch: DeliveryBatch, signal: Signal, at: int) -> Receipt:
    condition = condition_of(signal)
    earlier = batch.delivered(signal)
    if condition is None:
        return _unmatched(batch, signal, earlier)
    if earlier is not None and _is_absorbed(batch, signal, condition, earlier):
        reason = f"delivered before: {earlier.receipt.reason}"
        return replace(earlier.receipt, fate=Fate.REPEATED, reason=reason)
    receipt = _lead(batch, signal, condition, at)
    if receipt.fate is Fate.IGNORED and earlier is not None and earlier.receipt.fate is Fate.IGNORED:
        return replace(earlier.receipt, fate=Fate.REPEATED, reason=f"delivered before: {receipt.reason}")
    batch.settle(signal, receipt)
    return receipt


def _lead(batch: DeliveryBatch, signal: Signal, condition: Condition, at: int) -> Receipt:
    while True:
        match = _match(batch, signal, condition, at)
        try:
            return _act(batch, signal, condition, match)
        except ConflictError:
            # The line moved it at the same moment, perhaps to a state in which a run is at work.
            batch.read_again(condition)


def _unmatched(batch: DeliveryBatch, signal: Signal, earlier: Delivered | None) -> Receipt:
    if earlier is not None and earlier.condition is None:
        return replace(earlier.receipt, fate=Fate.REPEATED, reason=f"delivered before: {earlier.receipt.reason}")
    receipt = _receipt(signal, Fate.IGNORED, None, _UNMATCHED)
    batch.told["signals_unmatched", signal.name] += 1
    batch.settle(signal, receipt)
    return receipt


def _is_absorbed(batch: DeliveryBatch, signal: Signal, condition: Condition, earlier: Delivered) -> bool:
    """Return whether the repeated delivery says nothing new; a firing one still counts as heard of."""
    if earlier.condition != condition:
        return False
    incidents = batch.incidents(condition)
    led_to = next((one for one in incidents if one.id == earlier.receipt.incident), None)
    live = any(one.state is not IncidentState.CLOSED for one in incidents)
    if not absorbed(signal, led_to, live, batch.firing(condition), batch.now):
        return False
    if signal.status is SignalStatus.FIRING:
        batch.fire(condition, with_member(batch.firing(condition), signal, batch.now))
    return True


def _match(batch: DeliveryBatch, signal: Signal, condition: Condition, at: int) -> Correlation:
    known = Known(
        firing=batch.firing(condition),
        revivable=_revivable(batch, condition) if signal.status is SignalStatus.FIRING else (),
        more=batch.more(condition, at),
        flaps=batch.flaps,
    )
    return correlate(signal, batch.incidents(condition), now=batch.now, window=batch.window, known=known)


def _act(batch: DeliveryBatch, signal: Signal, condition: Condition, match: Correlation) -> Receipt:
    firing = batch.firing(condition)
    match match:
        case Opened() if (muted := _muted(batch, signal)) is not None:
            return _receipt(signal, Fate.IGNORED, None, muted)
        case Opened():
            # What fired before the last incident was closed counts as healed until heard of again.
            live = any(one.state is not IncidentState.CLOSED for one in batch.incidents(condition))
            batch.fire(condition, with_member(firing if live else {}, signal, batch.now))
            return _open(batch, signal, condition, match)
        case Joined(incident=incident, note=note):
            batch.put(condition, incident, counted=True)
            ended = signal.status is SignalStatus.RESOLVED
            batch.fire(condition, without_member(firing, signal) if ended else with_member(firing, signal, batch.now))
            return _receipt(signal, Fate.JOINED, incident, note or f"signal {incident.signals} of the incident")
        case Revived(incident=incident, reason=reason):
            why = _revive(batch, condition, incident, reason)
            batch.fire(condition, with_member(firing, signal, batch.now))
            return _receipt(signal, Fate.REVIVED, incident, why)
        case Resolved():
            _close(batch, condition, match)
            batch.fire(condition, without_member(firing, signal))
            _close_older(batch, signal, condition)
            return _receipt(signal, Fate.RESOLVED, match.incident, match.reason)
        case Ignored(reason=reason, ended=ended):
            if ended:
                batch.fire(condition, without_member(firing, signal))
            return _receipt(signal, Fate.IGNORED, None, reason)


def _muted(batch: DeliveryBatch, signal: Signal) -> str | None:
    """Return why a signal opens no incident: a window mutes it."""
    for window in batch.windows():
        until = window.in_force(batch.now)
        if until is not None and muted_by(signal, window, batch.targets):
            return f"muted until {until:%Y-%m-%d %H:%M %Z} by {window.said}"
    return None


def _open(batch: DeliveryBatch, signal: Signal, condition: Condition, opened: Opened) -> Receipt:
    incident = replace(opened.incident, opened_by=batch.sender)
    where = place(incident, condition.target, urgency(incident.severity), batch.queue(), batch.shares)
    incident = replace(incident, priority=where.priority, parked=where.parked)
    dossier = Dossier(incident=incident, signal=signal, trace=current())
    notes = [*([opened.note] if opened.note else []), *where.why]
    headline = f"{signal.source}: {incident.title}" + (f" ({'; '.join(notes)})" if notes else "")
    happening = Happening(
        at=incident.opened_at,
        stage="signal",
        state=incident.state.value,
        headline=headline,
        took=0.0,
        data={"source": signal.source, "name": signal.name, "severity": signal.severity.value},
    )
    batch.open(condition, dossier, change_of(dossier, happening, actor=batch.sender))
    batch.told["incidents_parked", condition.target] += where.parked
    batch.told["incidents_capped", condition.target] += where.priority == CAPPED
    if not where.parked:
        batch.jobs.append(advance_request(dossier, Pool.ORCHESTRATION, where.priority))
    if incident.flapping:
        batch.jobs.append(rest_look(incident, batch.flaps, batch.now))
    return _receipt(signal, Fate.OPENED, incident, "; ".join(notes) or "a new incident")


def _revive(batch: DeliveryBatch, condition: Condition, incident: Incident, reason: str) -> str:
    """Send a refused incident through the line again; return why, and what it waits for. Raises ConflictError."""
    before = _unmoved(batch, incident)
    now = batch.now
    fresh = moved(cleared(before), IncidentState.OPEN, now, Mover.REPEAT)
    parked = not may_begin(fresh.incident, condition.target, batch.queue(), batch.shares)
    after = replace(fresh, incident=replace(fresh.incident, parked=parked))
    batch.tx.incidents.save(after, expected_version=incident.version)
    counted = replace(
        after.incident, signals=incident.signals, severity=incident.severity, last_signal_at=incident.last_signal_at
    )
    batch.put(condition, counted, counted=True)
    waits = f"; parked until another incident of {condition.target} ends" if parked else ""
    happening = Happening(at=now, stage="signal", state=counted.state.value, headline=reason + waits, took=0.0)
    record(batch.tx, after, happening, actor=batch.sender, outcome="revived")
    if not parked:
        batch.jobs.append(advance_request(after, Pool.ORCHESTRATION, Priority(counted.priority)))
    return reason + waits


def _close(batch: DeliveryBatch, condition: Condition, resolved: Resolved) -> None:
    """Close the incident. Raises ConflictError when it has moved since it was read."""
    incident = resolved.incident
    before = _unmoved(batch, incident)
    known = replace(before, closing=Closing.RESOLVED, reasons=(*before.reasons, resolved.reason))
    after = moved(known, incident.state, incident.updated_at, Mover.SIGNAL)
    batch.tx.incidents.save(after, expected_version=incident.version)
    batch.put(condition, replace(incident, version=after.incident.version), counted=True)
    happening = Happening(
        at=incident.updated_at, stage="signal", state=incident.state.value, headline=resolved.reason, took=0.0
    )
    record(batch.tx, after, happening, actor=batch.sender, outcome="resolved")
    make_room(batch.tx, after.incident, batch.shares)


def _close_older(batch: DeliveryBatch, signal: Signal, condition: Condition) -> None:
    """Close what an earlier run on the same condition escalated to people: the condition has ended for it too."""
    while isinstance(older := correlate(signal, batch.incidents(condition), now=batch.now), Resolved):
        _close(batch, condition, older)


def _unmoved(batch: DeliveryBatch, incident: Incident) -> Dossier:
    batch.write_opened()
    found = batch.tx.incidents.load(incident.id)
    if found.incident.version != incident.version:
        raise ConflictError(f"incident {incident.id} is no longer at version {incident.version}")
    return found


def _revivable(batch: DeliveryBatch, condition: Condition) -> Collection[IncidentId]:
    """Return the incidents that were refused by a switch which is now off."""
    refused = [one for one in batch.incidents(condition) if one.state is IncidentState.REFUSED]
    if not refused or any(switch.on for switch in batch.tx.switches.read_all(["kill", "freeze"]).values()):
        return ()
    return [one.id for one in refused if _refused_by(batch.tx, one) in _SWITCH_GATES]


def _refused_by(tx: LineTransaction, incident: Incident) -> str | None:
    told = [one for one in tx.incidents.timeline(incident.id) if one.state == IncidentState.REFUSED.value]
    return str(told[-1].data.get("gate")) if told else None


def _tell(batch: DeliveryBatch) -> None:
    """Log what senders do not read in receipts: one line for each kind and target or name."""
    for (event, what), count in batch.told.items():
        if count:
            log.warning(event, of=what[:200], count=count, sender=batch.sender)


def _receipt(signal: Signal, fate: Fate, incident: Incident | None, reason: str) -> Receipt:
    return Receipt(signal=signal.id, fate=fate, incident=None if incident is None else incident.id, reason=reason)
