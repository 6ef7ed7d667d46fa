"""Looking at who needs people: it puts the notices that are due into the outbox, each with the job that sends it.

It compares what is stored with what was told before, so it needs no event, and a crash or an outage only delays it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import IncidentId, parse_uuid
from grace_workers.governance import AutonomyLevel, in_force
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.job import JobRequest, Pool, Priority
from grace_workers.orchestration.line.arrows import FOR_PEOPLE
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.people.due import due
from grace_workers.orchestration.people.roster import GLASS, EscalationPolicy, NoticeKind
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.autonomy import AutonomyStore
from grace_workers.orchestration.stores.notices import FOLDED, NoticeRow, NoticeStore
from grace_workers.orchestration.stores.storm import StormStore
from grace_workers.signals import IncidentState

NOTIFY = "people.notify"
BURST = 10
"""How many incidents people hear of one by one at once; of more, one notice gives the number."""

_MOST = 500
# A run in progress waits for people only while a step of it asks.
_WATCHED = FOR_PEOPLE | {IncidentState.SNAPSHOTTED}
_REPORTED_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Need:
    """A subject about which people are needed, since when, and the moment's own part of the keys."""

    subject: str
    since: datetime
    moment: str
    escalation: EscalationPolicy


def subject_of(incident: IncidentId) -> str:
    """Return the subject of an incident's notices."""
    return f"incident:{incident}"


def taking(subject: str, moment: str) -> str:
    """Return what a person takes: a subject as it is now. If it comes back later, people are told again."""
    return f"{subject}@{moment}"


def incident_of(subject: str) -> IncidentId | None:
    """Return the incident of a subject; None when it is about something else."""
    kind, _, rest = subject.partition(":")
    return IncidentId(parse_uuid(rest, "incident")) if kind == "incident" else None


def look(tx: LineTransaction, line: Line, now: datetime) -> int:
    """Put the notices that are due into the outbox; return how many. Repeating it adds none."""
    if not line.people.ways:
        return 0
    needs = [*_incidents(tx, line), *_brakes(tx, line)]
    made = _told(tx, needs, now)
    made += _over(tx, {one.subject for one in needs}, now)
    return made + _reports(tx, line, now)


def _incidents(tx: LineTransaction, line: Line) -> Sequence[_Need]:
    found = []
    for dossier in reversed(tx.incidents.find(states=sorted(_WATCHED), leading=True, limit=_MOST)):
        incident = dossier.incident
        question = dossier.question
        if incident.state is IncidentState.SNAPSHOTTED and question is None:
            continue
        target = None if incident.target is None else line.targets.get(incident.target)
        escalation = line.people.escalation(incident, {} if target is None else target.labels)
        if escalation is not None:
            moment = str(incident.version)
            since = incident.updated_at if question is None else question.asked_at
            found.append(_Need(subject_of(incident.id), since, moment, escalation))
    return found


def _brakes(tx: LineTransaction, line: Line) -> Sequence[_Need]:
    plain = [one for one in line.people.escalations if not one.severities and not one.labels]
    if not plain:
        return ()
    return [_Need(f"brake:{one.scope}", one.at, one.at.isoformat(), plain[0]) for one in tx[StormStore].brakes()]


def _told(tx: LineTransaction, needs: Sequence[_Need], now: datetime) -> int:
    store = tx[NoticeStore]
    known = store.of([one.subject for one in needs])
    takers = store.takers([taking(one.subject, one.moment) for one in needs])
    new = [one for one in needs if one.subject not in known]
    folded = {one.subject for one in new[BURST:]}
    made = 0
    for need in needs:
        rows = known.get(need.subject, ())
        if need.subject in folded:
            made += _put(tx, need.subject, FOLDED, need.moment, NoticeKind.NEEDED, now)
        elif not any(row.way == FOLDED and row.key == need.moment for row in rows):
            for way, place in due(
                need.escalation, need.since, now, taken=taking(need.subject, need.moment) in takers
            ).items():
                made += _put(tx, need.subject, way, f"{need.moment}.{place}", NoticeKind.NEEDED, now)
    return made


def _over(tx: LineTransaction, needed: set[str], now: datetime) -> int:
    """Tell those who were told that people are needed that they no longer are."""
    store, made = tx[NoticeStore], 0
    ended = [one for one in store.unsettled(limit=_MOST) if one not in needed]
    for subject, rows in store.of(ended).items():
        last = rows[-1].key.partition(".")[0]
        for way in sorted({row.way for row in rows}):
            made += _put(tx, subject, way, f"{last}.over", NoticeKind.OVER, now)
    return made


def _reports(tx: LineTransaction, line: Line, now: datetime) -> int:
    """Tell what was healed without anyone being asked: all of it at L3, a sample at L4."""
    if not line.people.reports:
        return 0
    made = 0
    for dossier in tx.incidents.find(states=[IncidentState.CLOSED], limit=50):
        if now - dossier.incident.updated_at < _REPORTED_WITHIN and _reported(tx, line, dossier):
            for way in line.people.reports:
                made += _put(tx, subject_of(dossier.incident.id), way, "healed", NoticeKind.REPORT, now)
    return made


def _reported(tx: LineTransaction, line: Line, dossier: Dossier) -> bool:
    plan, granted, policy = dossier.plan, dossier.granted, line.policy.autonomy
    if dossier.closing is not Closing.HEALED or plan is None or granted is None or not granted.automatic:
        return False
    known = tx[AutonomyStore].known(plan.playbook, plan.domain)
    if in_force(plan.playbook, plan.domain, known, policy) is not AutonomyLevel.SAMPLE:
        return True
    return dossier.incident.id.int % policy.sample == 0


def _put(tx: LineTransaction, subject: str, way: str, key: str, kind: NoticeKind, now: datetime) -> int:
    sent = now if way == FOLDED else None
    row = NoticeRow(subject=subject, way=way, key=key, kind=kind.value, made_at=now, sent_at=sent)
    if not tx[NoticeStore].add(row):
        return 0
    if way != FOLDED:
        tx.jobs.submit([_job(row)])
    return 1


def _job(row: NoticeRow) -> JobRequest:
    payload: Mapping[str, str] = {"subject": row.subject, "way": row.way, "key": row.key}
    return JobRequest(
        name=NOTIFY,
        pool=Pool.ORCHESTRATION,
        payload=dict(payload),
        priority=Priority(8),
        dedupe_key=f"notify:{row.subject}:{row.way}:{row.key}",
        max_attempts=30,
        audited=False,
    )


def alarm(line: Line) -> Callable[[LineTransaction, Dossier], None]:
    """Return what tells everyone in an incident's escalation at once that someone acted alone."""

    def tell(tx: LineTransaction, dossier: Dossier) -> None:
        incident = dossier.incident
        target = None if incident.target is None else line.targets.get(incident.target)
        found = line.people.escalation(incident, {} if target is None else target.labels)
        ways = {way for step in found.steps for way in step.ways} if found is not None else set()
        for way in sorted(ways):
            _put(tx, subject_of(incident.id), way, f"{incident.version}.{GLASS}", NoticeKind.NEEDED, line.clock.now())

    return tell


def load(tx: LineTransaction, subject: str) -> Dossier | None:
    """Return the dossier of a subject; None if it is about no incident, or one that is gone."""
    incident = incident_of(subject)
    if incident is None:
        return None
    try:
        return tx.incidents.load(incident)
    except NotFoundError:
        return None
