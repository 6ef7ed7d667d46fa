"""Questions to people and their answers, as every store keeps them."""

from dataclasses import replace

import pytest

from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId, uuid7
from grace_workers.governance import Approval, Involvement, Proposer, Role
from grace_workers.signals import IncidentState
from grace_workers.testing import FakeClock
from tests.builders import WEB, plan
from tests.conformance.line_worlds import (
    MINUTE,
    SECOND,
    World,
    clock,
    opened,
    question,
    waiting,
    world,
)
from tests.conformance.test_token_store import token

__all__ = ["clock", "world"]


def test_a_question_gathers_its_answers_in_their_order(world: World, clock: FakeClock) -> None:
    made, about = waiting(world, clock)
    asked = question(made, about, clock, quorum=2)
    answers = [
        Approval(by=by, role=Role.ADMIN, approved=by == "ann", reason="r", at=clock.now() + n * SECOND, plan_digest="d")
        for n, by in enumerate(["zoe", "ann"])
    ]
    with world.ledger.transaction() as tx:
        tx.approvals.ask(asked)
        for one in answers:
            tx.approvals.answer(asked.id, one)
    with world.ledger.transaction() as tx:
        assert tx.approvals.get(asked.id) == replace(asked, answers=tuple(answers))


def test_an_unknown_question_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError, match="no approval"), world.ledger.transaction() as tx:
        tx.approvals.get(ApprovalId(uuid7()))


def test_pending_are_the_unexpired_newest_questions_of_those_who_wait(world: World, clock: FakeClock) -> None:
    made, about = waiting(world, clock)
    first, second = question(made, about, clock), question(made, plan(), clock, requested_at=clock.now() + SECOND)
    other, theirs = waiting(world, clock)
    expired = question(other, theirs, clock, expires_at=clock.now())
    closed = opened(world, clock, state=IncidentState.CLOSED)
    third, its = waiting(world, clock)
    oldest = question(third, its, clock, requested_at=clock.now() - SECOND)
    with world.ledger.transaction() as tx:
        for one in (first, second, expired, question(closed, plan(), clock), oldest):
            tx.approvals.ask(one)
    with world.ledger.transaction() as tx:
        assert [one.id for one in tx.approvals.pending(clock.now())] == [oldest.id, second.id]
        assert [one.id for one in tx.approvals.of_incident(made.incident.id)] == [second.id, first.id]


def test_questions_about_a_playbook_on_a_target_are_found_by_when_they_were_answered(
    world: World, clock: FakeClock
) -> None:
    made, about = waiting(world, clock)
    named = {"playbook": "cure", "target": "web", "signature": "down~0", "reasons": ("risk", "ann said no")}
    mine, other = question(made, about, clock, **named), question(made, about, clock, **{**named, "target": "db"})
    open_still = question(made, about, clock, **named)
    no = Approval(by="ann", role=Role.ADMIN, approved=False, reason="r", at=clock.now(), plan_digest="d", token="ann")
    with world.ledger.transaction() as tx:
        for one in (mine, other, open_still):
            tx.approvals.ask(one)
        for one in (mine, other):
            tx.approvals.answer(one.id, no)
    with world.ledger.transaction() as tx:
        before, stranger = clock.now() - SECOND, IncidentId(uuid7())
        assert tx.approvals.concerning(stranger, "cure", WEB, since=before) == [replace(mine, answers=(no,))]
        assert tx.approvals.concerning(stranger, "cure", WEB, since=clock.now()) == []
        found = tx.approvals.concerning(mine.incident, "cure", WEB, since=before)
        assert found == tx.approvals.of_incident(mine.incident)
        assert {one.id for one in found} == {mine.id, other.id, open_still.id}


def test_an_answer_is_marked_once_its_token_is_revoked(world: World, clock: FakeClock) -> None:
    made, about = waiting(world, clock)
    asked = question(made, about, clock)
    yes = Approval(by="ann", role=Role.ADMIN, approved=True, reason="r", at=clock.now(), plan_digest="d", token="robot")
    with world.ledger.transaction() as tx:
        tx.tokens.add(token(clock))
        tx.approvals.ask(asked)
        tx.approvals.answer(asked.id, yes)
    with world.ledger.transaction() as tx:
        assert tx.approvals.get(asked.id).answers == (yes,)
        tx.tokens.revoke("robot", clock.now())
    with world.ledger.transaction() as tx:
        assert tx.approvals.get(asked.id).answers == (replace(yes, revoked=True),)


def test_who_brought_an_incident_about_is_kept_once_for_each_way_with_the_latest_time(
    world: World, clock: FakeClock
) -> None:
    mine, other = opened(world, clock).incident.id, opened(world, clock).incident.id
    sent = Proposer(by="ann", part=Involvement.SIGNAL, at=clock.now())
    tried = Proposer(by="ann", part=Involvement.RETRY, at=clock.now() + SECOND)
    with world.ledger.transaction() as tx:
        tx.approvals.lock()
        tx.approvals.involve([], sent)
        tx.approvals.involve([mine, other], sent)
        tx.approvals.involve([mine], tried)
        tx.approvals.involve([mine], replace(tried, at=clock.now() + MINUTE))
        tx.approvals.involve([mine], tried)
    with world.ledger.transaction() as tx:
        found = tx.approvals.involved([mine, other])
        assert [list(found[mine]), list(found[other])] == [[sent, replace(tried, at=clock.now() + MINUTE)], [sent]]
        assert tx.approvals.involved([]) == {}
