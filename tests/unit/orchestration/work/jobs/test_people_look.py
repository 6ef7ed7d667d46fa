"""Who is told when people are needed: once a thread, further up while no one answers, and when it is over."""

from datetime import timedelta

import pytest

from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import IncidentId
from grace_workers.governance import Brake, Role
from grace_workers.orchestration import approvals
from grace_workers.orchestration.approvals import Reply
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.operations import close, retry, take
from grace_workers.orchestration.people.looking import BURST, alarm, subject_of
from grace_workers.orchestration.stores.notices import NoticeStore
from grace_workers.orchestration.stores.storm import StormStore
from grace_workers.signals import sign
from tests.builders import PARTNER, WEB, Ward
from tests.unit.orchestration.people.mailbox import MINUTE, look, told


def lost(ward: Ward, **changes: object) -> IncidentId:
    """Return an incident whose cause no one knows."""
    incident = ward.fall_ill(labels={"cause": "unknown"}, **changes)
    ward.work()
    return incident


def test_people_hear_of_an_incident_once_however_often_the_fleet_looks() -> None:
    ward = Ward()
    boxes = told(ward)
    incident = lost(ward)
    for _ in range(3):
        look(ward)
    (notice, thread), *others = boxes["chat"].kept
    assert (others, thread, boxes["pager"].kept) == ([], None, [])
    assert notice.subject == subject_of(incident)
    assert notice.title == "Needs a person: web is ill"
    assert any(line.startswith("why: no cause matches") for line in notice.lines)
    assert f"grace incident retry {incident}" in notice.lines[-1]


def test_what_no_one_answers_goes_up_and_is_told_to_all_when_it_is_over() -> None:
    ward = Ward()
    boxes = told(ward)
    incident = ward.fall_ill(PARTNER)
    ward.work()
    look(ward)
    question = approvals.of_incident(ward.ledger, incident)
    asked = boxes["chat"].kept[0][0]
    assert (asked.approval, asked.digest) == (str(question.id), question.plan_digest)
    for minutes in (10, 1, 1):
        ward.clock.advance(minutes * MINUTE)
        look(ward)
    assert len(boxes["pager"].kept) == 1
    no = Reply(by="ben", role=Role.ADMIN, approved=False, reason="not now")
    approvals.answer(ward.ledger, ward.clock, question.id, no)
    ward.work()
    look(ward)
    # A refusal needs people too, in the same thread.
    assert [title.partition(":")[0] for title in boxes["chat"].titles] == ["Asks for approval", "Refused"]
    assert boxes["chat"].kept[1][1] == "chat-1"
    close(ward.ledger, ward.clock, incident, by="ben", reason="seen")
    look(ward)
    look(ward)
    assert boxes["chat"].titles[-1] == boxes["pager"].titles[-1] == "Dismissed: partner is ill"
    assert [thread for _, thread in boxes["pager"].kept] == [None, "pager-1"]


def test_what_someone_has_taken_wakes_no_one_else() -> None:
    ward = Ward()
    boxes = told(ward)
    incident = lost(ward)
    look(ward)
    take(ward.ledger, ward.clock, incident, by="ada", reason="I am on it")
    with pytest.raises(ConflictError, match="ada looks after incident"):
        take(ward.ledger, ward.clock, incident, by="ben", reason="me too")
    ward.clock.advance(timedelta(hours=1))
    look(ward)
    assert (len(boxes["chat"].kept), boxes["pager"].kept) == (1, [])
    retry(ward.ledger, ward.clock, incident, by="ada", reason="again")
    ward.work()
    look(ward)
    ward.clock.advance(timedelta(hours=1))
    look(ward)
    assert len(boxes["pager"].kept) == 1


def test_a_storm_is_a_few_notices_and_a_number() -> None:
    ward = Ward()
    boxes = told(ward)
    for letter in range(BURST + 5):
        lost(ward, signature=sign(f"illness {chr(97 + letter)}"))
    look(ward)
    look(ward)
    assert len(boxes["chat"].kept) == BURST
    assert any(line.startswith("5 other incidents need a person too") for line in boxes["chat"].kept[0][0].lines)


def test_a_brake_is_told_until_it_is_lifted() -> None:
    ward = Ward()
    boxes = told(ward)
    with ward.ledger.transaction() as tx:
        tx[StormStore].brake(Brake(scope="service=shop", why="20 runs within an hour", at=ward.clock.now()))
    look(ward)
    assert boxes["chat"].titles == ["Automatic runs in service=shop are stopped"]
    assert "grace storm lift service=shop" in boxes["chat"].kept[0][0].lines[-1]
    with ward.ledger.transaction() as tx:
        tx[StormStore].lift("service=shop", by="ada", at=ward.clock.now())
    look(ward)
    assert boxes["chat"].titles[-1] == "Automatic runs in service=shop may begin again"


def test_what_was_healed_by_itself_is_reported_where_people_want_that() -> None:
    ward = Ward()
    boxes = told(ward, reports=("chat",))
    ward.fall_ill(WEB)
    ward.work()
    look(ward)
    look(ward)
    assert boxes["chat"].titles == ["Healed: web is ill"]


def test_without_ways_no_one_is_looked_for() -> None:
    ward = Ward()
    lost(ward)
    look(ward)
    with ward.ledger.transaction() as tx:
        assert tx[NoticeStore].unsettled(limit=10) == []


def test_a_broken_glass_alarms_everyone_at_once() -> None:
    ward = Ward()
    boxes = told(ward)
    incident = ward.fall_ill(PARTNER)
    ward.work()
    question = approvals.of_incident(ward.ledger, incident)
    alone = Reply(by="ben", role=Role.OPERATOR, approved=True, reason="the shop is down", breaks_glass=True)
    approvals.answer(ward.ledger, ward.clock, question.id, alone, alarm=alarm(ward.line))
    ward.work()
    for box in boxes.values():
        assert box.titles[0] == "ben broke the glass: partner is ill"
        assert "approved it alone: the shop is down" in box.kept[0][0].lines[0]
    look(ward)
    assert ward.dossier(incident).closing is Closing.HEALED
    assert boxes["pager"].titles[-1] == "Healed: partner is ill"
