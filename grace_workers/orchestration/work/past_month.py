"""Reading the fleet's own record of the last 30 days, for the cycle that looks for weak spots."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from grace_workers.cycles import PastMonth, PastProblem, TellingReading, UnmatchedSignal, Vanished
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.outcome_counts import OutcomeStore
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.signals import TARGET_LABELS, IncidentState, Signal

MONTH, DAY, NEWEST = timedelta(days=30), timedelta(days=1), 1_000


def past_month(line: Line) -> PastMonth:
    """Return what happened, in at most the newest thousand of each."""
    now, library = line.clock.now(), line.library()
    since = now - MONTH
    with line.ledger.transaction() as tx:
        lost = tx.signals.find(unmatched=True, limit=NEWEST)
        unmatched = [one for one, _ in lost if one.observed_at >= since]
        closed = tx.incidents.find(states=[IncidentState.CLOSED], limit=NEWEST)
        escalated = tx.incidents.find(states=[IncidentState.ESCALATED], limit=NEWEST)
        return PastMonth(
            now=now,
            episodes=tx.records.episodes(since=since, limit=NEWEST),
            precedents=[one for _, one in tx[PrecedentStore].before(limit=NEWEST) if one.at >= since],
            days=tx[OutcomeStore].counted(since=since, every=DAY),
            vanished=_vanished(closed, since),
            problems=_problems(line, [*closed, *escalated], since, now),
            unmatched=Counter(one.name for one in unmatched),
            strays=[UnmatchedSignal(names=_names(one), at=one.observed_at) for one in unmatched],
            targets=frozenset(line.targets),
            waits=_waits(tx, closed, since),
            enabled=[one.name for one in library if one.enabled],
            ran=tx.records.played(),
            since=tx[OutcomeStore].first_heal(),
        )


def _vanished(closed: Sequence[Dossier], since: datetime) -> Sequence[Vanished]:
    return [
        Vanished(target=one.incident.target, signature=one.incident.signature, at=one.incident.opened_at)
        for one in closed
        if one.closing is Closing.RESOLVED and one.incident.target is not None and one.incident.opened_at >= since
    ]


def _problems(line: Line, found: Sequence[Dossier], since: datetime, now: datetime) -> Sequence[PastProblem]:
    """Return what signals, not people, reported."""
    return [
        PastProblem(
            source=one.signal.source,
            name=one.signal.name,
            target=one.incident.target,
            at=one.incident.opened_at,
            lasted=(one.incident.closed_at or now) - one.incident.opened_at,
            by_itself=one.closing is Closing.RESOLVED,
            cause=_cause(one),
            names=_names(one.signal),
            shown=_shown(line, one),
        )
        for one in found
        if one.request is None and one.incident.opened_at >= since
    ]


def _shown(line: Line, dossier: Dossier) -> Sequence[TellingReading]:
    """Return the readings of the incident's own target by which its cause proposes itself."""
    cause = line.causes().get(_cause(dossier) or "")
    subject = line.subjects.get(dossier.incident.target) if dossier.incident.target is not None else None
    if cause is None or not cause.is_proposed_by_readings or subject is None or dossier.diagnosis is None:
        return ()
    read = {
        one.kind: float(one.value)
        for one in dossier.diagnosis.evidence
        if one.subject == subject.name and isinstance(one.value, int | float)
    }
    return [
        TellingReading(
            check=one.check,
            bound=one.bound_for(subject.labels),
            at_least=one.at_least is not None,
            value=read[one.check],
        )
        for one in cause.measures
        if not one.near and one.check in read
    ]


def _names(signal: Signal) -> Mapping[str, str]:
    return {key: signal.labels[key] for key in TARGET_LABELS if key in signal.labels}


def _cause(dossier: Dossier) -> str | None:
    known = dossier.diagnosis.hypotheses if dossier.diagnosis is not None else ()
    return str(known[0].cause) if known else None


def _waits(tx: LineTransaction, closed: Sequence[Dossier], since: datetime) -> Mapping[str, Sequence[float]]:
    """Return how long answered questions waited, by playbook; only incidents that people answered are looked up."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in closed:
        if one.plan is None or one.granted is None or not one.granted.by or one.incident.opened_at < since:
            continue
        for asked in tx.approvals.of_incident(one.incident.id):
            if asked.answers:
                last = max(answer.at for answer in asked.answers)
                found[one.plan.playbook].append((last - asked.requested_at).total_seconds())
    return found
