"""Sending one notice: once, again after a fault, and given up when the other side refuses it."""

from dataclasses import replace

from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.orchestration.people.looking import subject_of
from grace_workers.orchestration.stores.notices import NoticeRow, NoticeStore
from tests.builders import Ward
from tests.unit.orchestration.people.mailbox import MINUTE, look, told


def lost(ward: Ward) -> str:
    incident = ward.fall_ill(labels={"cause": "unknown"})
    ward.work()
    return subject_of(incident)


def rows(ward: Ward, subject: str) -> list[NoticeRow]:
    with ward.ledger.transaction() as tx:
        return list(tx[NoticeStore].of([subject])[subject])


def test_a_notice_that_did_not_get_through_is_sent_again() -> None:
    ward = Ward()
    boxes = told(ward)
    boxes["chat"].fault = TransientError("the chat does not answer")
    subject = lost(ward)
    look_once(ward)
    assert rows(ward, subject)[0].sent_at is None
    boxes["chat"].fault = None
    ward.clock.advance(MINUTE)
    ward.work()
    assert len(boxes["chat"].kept) == 1
    assert rows(ward, subject)[0].thread == "chat-1"


def look_once(ward: Ward) -> None:
    """Look, and try to send once."""
    from grace_workers.orchestration.work.jobs.people_look import DEFINITION
    from tests.builders import claimed

    DEFINITION.run(ward, claimed(ward, DEFINITION, {}))
    for job in ward.due():
        claim = ward.claim(job)
        ending = ward.run(claim) if claim is not None else None
        if claim is not None and ending is not None:
            ward.claimer.finish(claim, ending)


def test_a_refused_notice_is_given_up_and_says_why() -> None:
    ward = Ward()
    boxes = told(ward)
    boxes["chat"].fault = PermanentError("the chat refuses it: 404")
    subject = lost(ward)
    look(ward)
    row = rows(ward, subject)[0]
    assert (row.error, row.sent_at is not None) == ("the chat refuses it: 404", True)


def test_a_way_that_is_no_longer_declared_is_given_up() -> None:
    ward = Ward()
    told(ward)
    subject = lost(ward)
    from grace_workers.orchestration.work.jobs.people_look import DEFINITION
    from tests.builders import claimed

    DEFINITION.run(ward, claimed(ward, DEFINITION, {}))
    ward.line = replace(ward.line, people=replace(ward.line.people, ways={}))
    ward.work()
    assert "no way 'chat' is declared any more" in str(rows(ward, subject)[0].error)
