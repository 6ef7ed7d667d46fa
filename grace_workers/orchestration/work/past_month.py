"""Reading the fleet's own record of the last 30 days, for the cycle that looks for weak spots."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from grace_workers.actions import Restartable
from grace_workers.cycles import (
    GOAL,
    GoalEvaluation,
    PastMonth,
    PastProblem,
    RaisedError,
    TellingReading,
    UnexplainedProblem,
    UnmatchedSignal,
    Vanished,
    goals_in_force,
    standing_of,
)
from grace_workers.diagnosis import Cause, Causes
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.learned_causes import ReadCause
from grace_workers.orchestration.line.handing_over import code_behind
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.goals import GoalStore
from grace_workers.orchestration.stores.learned_causes import version_of
from grace_workers.orchestration.stores.outcome_counts import OutcomeStore
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.unexplained import Unexplained, unexplained
from grace_workers.orchestration.work.fleet_changes import changes_in_force
from grace_workers.signals import TARGET_LABELS, IncidentState, Memory, Signal, fault_in, raised_in

log = structlog.get_logger()

MONTH, DAY, NEWEST = timedelta(days=30), timedelta(days=1), 1_000
TRIGGERS, GOALS = "cycle.triggers", "cycle.goals"
ENDED_LATELY = timedelta(days=90)
_LONGEST_WORDS = 500


def past_month(line: Line, read: ReadCause | None = None) -> PastMonth:
    """Return what happened, in at most the newest thousand of each.

    `read` takes the file of a cause, and its name, and refuses one with a fault; without it no clusters are read.
    """
    now, library = line.clock.now(), line.library()
    since = now - MONTH
    clusters = [] if read is None else [*_read_clusters(line, read)]
    # A transaction each, and nothing is computed in one: reading a thousand takes time, and the database ends a
    # transaction that is idle for three seconds.
    with line.ledger.transaction() as tx:
        closed = tx.incidents.find(states=[IncidentState.CLOSED], limit=NEWEST)
    with line.ledger.transaction() as tx:
        escalated = tx.incidents.find(states=[IncidentState.ESCALATED], limit=NEWEST)
    with line.ledger.transaction() as tx:
        lost = tx.signals.find(unmatched=True, limit=NEWEST)
    month = _counted(line, closed, since, now)
    unmatched = [one for one, _ in lost if one.observed_at >= since]
    return replace(
        _with_goals(line, month),
        vanished=_vanished(closed, since),
        problems=_problems(line, [*closed, *escalated], since, now),
        whole_since=whole_since(closed, escalated),
        unmatched=Counter(one.name for one in unmatched),
        strays=[UnmatchedSignal(names=_names(one), at=one.observed_at) for one in unmatched],
        targets=frozenset(line.targets),
        unexplained=[_cluster(one, cause, [*closed, *escalated], since) for one, cause in clusters],
        causes=frozenset(one.name for one in line.causes()),
        enabled=[one.name for one in library if one.enabled],
    )


def _with_goals(line: Line, month: PastMonth) -> PastMonth:
    with line.ledger.transaction() as tx:
        stored, changes = tx[GoalStore].stored(), changes_in_force(tx, GOAL)
        told = tx.cycle_states.peek(GOALS)
    found = {name: standing_of(GoalEvaluation, one) for name, one in (told if isinstance(told, dict) else {}).items()}
    return replace(
        month,
        goals=goals_in_force(stored, changes),
        standings={name: stands for name, stands in found.items() if stands is not None},
        unwatched=frozenset(
            one.indicator for one in stored if one.ended_at is not None and month.now - one.ended_at < ENDED_LATELY
        ),
    )


def _counted(line: Line, closed: Sequence[Dossier], since: datetime, now: datetime) -> PastMonth:
    """Return what the stores themselves say."""
    with line.ledger.transaction() as tx:
        return PastMonth(
            now=now,
            episodes=tx.records.episodes(since=since, limit=NEWEST),
            precedents=[one for _, one in tx[PrecedentStore].before(limit=NEWEST) if one.at >= since],
            days=tx[OutcomeStore].counted(since=since, every=DAY),
            untold=Memory.read(tx.cycle_states.peek(TRIGGERS)).untold,
            waits=_waits(tx, closed, since),
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
            error=_error(line, one),
        )
        for one in found
        if one.request is None and one.incident.opened_at >= since
    ]


def whole_since(*newest: Sequence[Dossier], most: int = NEWEST) -> datetime | None:
    """Return when the newest incidents begin to be all that there were; None where none was left out."""
    return max((found[-1].incident.opened_at for found in newest if len(found) >= most), default=None)


def _error(line: Line, dossier: Dossier) -> RaisedError | None:
    """Return the error of declared code that the incident's signal shows."""
    text, target = dossier.signal.text or "", dossier.incident.target
    code = code_behind(target, line.targets)
    raised = None if code is None or raised_in(text) is None else fault_in(text)
    if code is None or raised is None:
        return None
    return RaisedError(
        code=code,
        key=str(dossier.incident.signature),
        exception=raised.exception,
        place=raised.place,
        incident=dossier.incident.id,
        handed=dossier.incident.state is IncidentState.ESCALATED,
        service=target if target is not None and Restartable.__name__ in (line.targets[target].roles or ()) else None,
    )


def _read_clusters(line: Line, read: ReadCause) -> Iterator[tuple[Unexplained, Cause]]:
    """Yield the clusters of what has no cause, each with the cause that its file defines; none with a fault."""
    for one in unexplained(line):
        try:
            yield one, read(one.cause, f"{one.name}.yaml")
        except SourceError as error:
            log.info("cluster_left_out", cluster=one.name, reason=str(error)[:_LONGEST_WORDS])


def _cluster(one: Unexplained, cause: Cause, seen: Sequence[Dossier], since: datetime) -> UnexplainedProblem:
    """Return a cluster, and what its cause would have changed of the incidents with its alerts."""
    alone = Causes([cause])
    alike = [found for found in seen if found.request is None and found.incident.opened_at >= since]
    named = [found for found in alike if found.signal.name in cause.symptoms.alerts and alone.seen_in([found.signal])]
    return UnexplainedProblem(
        name=one.name,
        version=version_of(one.cause),
        file=one.cause,
        alerts=cause.symptoms.alerts,
        incidents=len(one.incidents),
        last_at=one.last_at,
        named=sum(_cause(found) is None for found in named),
        beside=sum(_cause(found) is not None for found in named),
    )


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
