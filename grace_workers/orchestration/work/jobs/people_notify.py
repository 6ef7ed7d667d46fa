"""`people.notify`: sends one notice of the outbox."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.audit import Entry
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError
from grace_workers.governance import same_person
from grace_workers.orchestration.handover import handover
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.people.looking import incident_of, load, taking
from grace_workers.orchestration.people.roster import People, PeopleNotice
from grace_workers.orchestration.people.wording import brake_notice, notice_of
from grace_workers.orchestration.stand_ins import places
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.notices import NoticeRow, NoticeStore
from grace_workers.orchestration.stores.stand_ins import StandInStore
from grace_workers.orchestration.stores.storm import StormStore
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


class NotifyOrder(Document):
    """Which notice, and by which way."""

    subject: str
    way: str
    key: str


def run(parts: JobParts, claim: Claim) -> Ending:
    """Send it, unless it was sent. A process that dies between sending and recording sends it once more."""
    order, line = NotifyOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}"), parts.line
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        row = tx[NoticeStore].load(order.subject, order.way, order.key)
        notice = None if row is None or row.sent_at is not None else _composed(tx, line, row)
        rows = tx[NoticeStore].of([order.subject]).get(order.subject, ())
    if row is None or notice is None:
        return Succeeded(result={"sent": False})
    thread = next((one.thread for one in rows if one.way == order.way and one.thread is not None), None)
    way, error = line.people.ways.get(order.way), None
    if way is None:
        error = f"no way {order.way!r} is declared any more; declare it, or change the escalation"
    else:
        try:
            thread = way.send(notice, thread)
        except PermanentError as refused:
            error = str(refused)
    _record(line, claim, row, thread, error)
    return Succeeded(result={"sent": error is None, "error": error})


def _composed(tx: LineTransaction, line: Line, row: NoticeRow) -> PeopleNotice | None:
    store = tx[NoticeStore]
    if incident_of(row.subject) is None:
        scope = row.subject.partition(":")[2]
        return brake_notice(
            row, next((one for one in tx[StormStore].brakes() if one.scope == scope), None), line.people
        )
    dossier = load(tx, row.subject)
    if dossier is None:
        return None
    questions = tx.approvals.of_incident(dossier.incident.id)
    folded = store.folded_beside(row)
    taken = taking(row.subject, row.key.partition(".")[0])
    taker = store.takers([taken]).get(taken, "")
    people = _with_stand_ins(tx, line)
    return notice_of(
        row,
        dossier,
        questions[0] if questions else None,
        people,
        folded=folded,
        taker=taker,
        given=handover(dossier, line.causes(), line.targets),
    )


def _with_stand_ins(tx: LineTransaction, line: Line) -> People:
    """Return the people, each with the role with which they may answer now, so that stand-ins get a link too."""
    named = [one.stand_in for one in tx[StandInStore].open(line.clock.now())]
    if not named:
        return line.people
    persons = [
        replace(one, role=places(tx, line.clock, one.name, one.role)[0])
        if any(same_person(one.name, name) for name in named)
        else one
        for one in line.people.persons
    ]
    return replace(line.people, persons=persons)


def _record(line: Line, claim: Claim, row: NoticeRow, thread: str | None, error: str | None) -> None:
    now = line.clock.now()
    entry = Entry(
        at=now,
        actor=f"instance:{line.instance}",
        action="people.notified",
        subject=row.subject,
        incident=incident_of(row.subject),
        outcome="sent" if error is None else "failed",
        data={"way": row.way, "key": row.key, **({} if error is None else {"error": error})},
    )
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        tx[NoticeStore].sent(row, now, thread=thread, error=error)
        tx.audit.append(entry)


DEFINITION = JobDefinition(
    name="people_notify",
    summary="Sends one notice to people, and records the thread that it became part of.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=2),
    payload=NotifyOrder,
    attempts=30,
    audited=False,
)
