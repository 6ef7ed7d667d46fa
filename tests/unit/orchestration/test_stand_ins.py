"""An approver names a stand-in for a span; for that span both count as one person."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.governance import ApprovalRequest, Involvement, Proposer, Role, StandIn
from grace_workers.orchestration import approvals, stand_ins
from grace_workers.orchestration.approvals import Reply
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.stores.tokens import Token
from tests.builders import PARTNER, Ward
from tests.unit.orchestration.test_approvals import two_wanted

DAY = timedelta(days=1)


def held(ward: Ward, person: str, role: Role, **more: Any) -> None:
    """Give a person a token."""
    token = Token(
        name=f"{person}-laptop",
        role=role,
        hash=person,
        created_at=ward.clock.now(),
        expires_at=None,
        revoked_at=None,
        rate_per_minute=60,
        person=person,
    )
    with ward.ledger.transaction() as tx:
        tx.tokens.add(replace(token, **more))


def asked(*, quorum: int = 1) -> tuple[Ward, IncidentId]:
    """Return a ward in which a plan waits for people, and ada's stand-in ben, an operator."""
    ward = Ward()
    if quorum > 1:
        ward.line = replace(ward.line, policy=two_wanted(ward.line.policy))
    incident = ward.fall_ill(PARTNER)
    ward.work()
    held(ward, "ada", Role.ADMIN)
    held(ward, "ben", Role.OPERATOR)
    return ward, incident


def span(ward: Ward, **more: Any) -> StandIn:
    now = ward.clock.now()
    said = {"approver": "ada", "stand_in": "ben", "role": Role.APPROVER, "reason": "on holiday"}
    return StandIn(**{"id": uuid7(), "starts_at": now, "ends_at": now + DAY, **said, **more})


def named(ward: Ward, **more: Any) -> StandIn:
    return stand_ins.name(ward.ledger, ward.clock, span(ward, **more))


def answer(ward: Ward, incident: IncidentId, by: str, role: Role, *, yes: bool = True) -> ApprovalRequest:
    question = approvals.of_incident(ward.ledger, incident)
    reply = Reply(by=by, role=role, approved=yes, reason="seen")
    return approvals.answer(ward.ledger, ward.clock, question.id, reply)


def caused(ward: Ward, incident: IncidentId, by: str) -> None:
    with ward.ledger.transaction() as tx:
        tx.approvals.involve([incident], Proposer(by=by, part=Involvement.RETRY, at=ward.clock.now()))


def test_a_stand_in_answers_in_the_approvers_place_and_the_audit_log_says_for_whom() -> None:
    ward, incident = asked()
    with pytest.raises(ConflictError, match="ben/phone is operator; this question needs at least approver"):
        answer(ward, incident, "ben/phone", Role.OPERATOR)
    named(ward)
    given = answer(ward, incident, "ben/phone", Role.OPERATOR).answers[0]
    assert (given.role, given.stands_in_for) == (Role.APPROVER, ("ada",))
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    told = {one.action: one for one in ward.ledger.entries}
    assert told["stand_in.named"].actor == "ada"
    assert told["approval.answered"].data["stands_in_for"] == ["ada"]


@pytest.mark.parametrize("person", ["ada", "ada/laptop", "ADA", "ben"])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
def test_neither_what_the_approver_nor_what_the_stand_in_asked_for_is_approved(person: str, role: Role) -> None:
    ward, incident = asked()
    named(ward)
    caused(ward, incident, person)
    with pytest.raises(ConflictError, match="retried this incident and therefore cannot approve it"):
        answer(ward, incident, "ben", role)
    assert not answer(ward, incident, "ben", role, yes=False).answers[0].approved


def test_after_the_span_they_are_two_people_again() -> None:
    ward, incident = asked()
    named(ward, ends_at=ward.clock.now() + timedelta(minutes=1))
    caused(ward, incident, "ada")
    ward.clock.advance(timedelta(minutes=2))
    assert answer(ward, incident, "ben", Role.APPROVER).answers[0].stands_in_for == ()


@pytest.mark.parametrize("first", ["ada", "ben"])
def test_together_they_are_one_of_two(first: str) -> None:
    ward, incident = asked(quorum=2)
    named(ward)
    second = {"ada": "ben", "ben": "ada"}[first]
    answer(ward, incident, first, Role.ADMIN)
    with pytest.raises(ConflictError, match="stand in for one another; another person must answer too"):
        answer(ward, incident, second, Role.ADMIN)
    answer(ward, incident, "cleo", Role.ADMIN)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


@pytest.mark.parametrize("lost", ["revoked", "expired", "lowered"])
def test_an_approver_who_is_none_any_more_lends_no_role(lost: str) -> None:
    ward, incident = asked()
    held(ward, "eve", Role.APPROVER if lost != "lowered" else Role.OPERATOR)
    named(ward, approver="eve")
    later = ward.clock.now() + timedelta(seconds=1)
    with ward.ledger.transaction() as tx:
        if lost == "revoked":
            tx.tokens.revoke("eve-laptop", later)
        if lost == "expired":
            tx.tokens.revoke("eve-laptop", later)
            tx.tokens.add(replace(next(iter(tx.tokens.all())), name="old", person="eve", expires_at=later))
    ward.clock.advance(timedelta(minutes=1))
    with pytest.raises(ConflictError, match="ben is operator"):
        answer(ward, incident, "ben", Role.OPERATOR)


def test_a_place_cannot_be_passed_on() -> None:
    ward, incident = asked()
    held(ward, "cleo", Role.OPERATOR)
    named(ward)
    named(ward, approver="ben", stand_in="cleo")
    with pytest.raises(ConflictError, match="cleo is operator"):
        answer(ward, incident, "cleo", Role.OPERATOR)


def test_a_span_that_was_ended_or_has_not_begun_lends_nothing() -> None:
    ward, incident = asked()
    named(ward, starts_at=ward.clock.now() + DAY / 2)
    ended = named(ward)
    stand_ins.end(ward.ledger, ward.clock, ended.id, by="ada", reason="back earlier")
    with pytest.raises(ConflictError, match="ben is operator"):
        answer(ward, incident, "ben", Role.OPERATOR)
    assert [one.id for one in stand_ins.stand_ins(ward.ledger, ward.clock)] != [ended.id]
    assert ward.ledger.entries[-1].action == "stand_in.ended"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"stand_in": "ADA/phone"}, "cannot stand in for themselves"),
        ({"stand_in": "zoe"}, "'zoe' could not answer"),
        ({"reason": " "}, "needs a reason"),
        ({"ends_at": "before"}, "before it begins"),
        ({"ends_at": "late"}, "at most 60 days"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(more: dict[str, Any], words: str) -> None:
    ward, _ = asked()
    now = ward.clock.now()
    times = {"before": now - DAY, "late": now + 61 * DAY}
    with pytest.raises(InputError, match=words):
        named(ward, **{key: times.get(value, value) for key, value in more.items()})
