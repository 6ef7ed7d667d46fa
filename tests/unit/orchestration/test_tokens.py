"""Tokens whose secret comes from outside, and their time."""

from datetime import timedelta

import pytest

from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.testing import FakeClock
from tests.memory.ledger import MemoryLedger

SECRET = "grace_" + "s" * 43


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def ledger(clock):
    return MemoryLedger(clock)


def test_a_given_secret_is_in_force_once_however_often_it_is_given(ledger, clock):
    first = tokens.adopt(ledger, clock, SECRET, by="node")
    assert tokens.adopt(ledger, clock, SECRET, by="node") == first
    assert tokens.verify(ledger, clock, SECRET) == first
    assert (first.role, first.hash) == (Role.ADMIN, tokens.hash_of(SECRET))
    assert list(tokens.tokens(ledger)) == [first]


def test_another_secret_is_another_token_beside_the_old_one(ledger, clock):
    old = tokens.adopt(ledger, clock, SECRET, by="node")
    new = tokens.adopt(ledger, clock, SECRET + "2", by="node")
    assert old.name != new.name
    assert tokens.verify(ledger, clock, SECRET) == old


def test_a_revoked_secret_does_not_come_back_with_the_next_start(ledger, clock):
    token = tokens.adopt(ledger, clock, SECRET, by="node")
    tokens.revoke(ledger, clock, token.name, by="ann")
    with pytest.raises(ConflictError, match=f"{token.name} has been revoked") as raised:
        tokens.adopt(ledger, clock, SECRET, by="node")
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("secret", ["s" * 60, "grace_short"])
def test_a_secret_that_is_easily_guessed_or_mistaken_is_refused(secret, ledger, clock):
    with pytest.raises(InputError, match="begins with grace_"):
        tokens.adopt(ledger, clock, secret, by="node")


def test_a_token_past_its_time_opens_nothing(ledger, clock):
    wanted = tokens.NewToken(name="ann", role=Role.VIEWER, expires_in=timedelta(minutes=1))
    token, secret = tokens.create(ledger, clock, wanted, by="root")
    assert tokens.verify(ledger, clock, secret) == token
    clock.advance(timedelta(minutes=1))
    assert tokens.verify(ledger, clock, secret) is None


def test_a_viewers_token_may_be_given_from_outside_too(ledger, clock):
    assert tokens.adopt(ledger, clock, SECRET, role=Role.VIEWER, by="node").role is Role.VIEWER


@pytest.mark.parametrize(
    "name",
    [
        *("grace", "g.race", "gr4ce", "grace-", "node", "n0de", "cli", "c1i", "celery", "ce1ery", "client", "task"),
        *("policy", "instance", "system", "admin", "cli-0123abcd", "admin-0123abcd", "reporter-0123abcd"),
    ],
)
def test_no_token_can_be_made_under_a_name_of_the_fleets_own_nor_for_one(name, ledger, clock):
    for wanted in ({"name": name}, {"name": "ann", "person": name}):
        with pytest.raises(InputError, match="a name of the fleet itself"):
            tokens.create(ledger, clock, tokens.NewToken(role=Role.ADMIN, **wanted), by="root")
    assert list(tokens.tokens(ledger)) == []


@pytest.mark.parametrize("name", ["Ann", "\u0430nn", "celery:shop", "instance:here", "ann/laptop", "a b"])
def test_a_name_that_could_be_read_as_another_is_refused(name, ledger, clock):
    for wanted in ({"name": name}, {"name": "ann", "person": name}):
        with pytest.raises(InputError, match="must consist of at most 63 of a-z"):
            tokens.create(ledger, clock, tokens.NewToken(role=Role.ADMIN, **wanted), by="root")


def test_a_token_that_an_older_release_made_under_such_a_name_opens_nothing(ledger, clock):
    wanted = tokens.NewToken(name="grace", role=Role.ADMIN)
    _, secret = tokens.create_own(ledger, clock, wanted, by="root")
    assert tokens.verify(ledger, clock, secret) is None


def test_tokens_of_one_person_act_as_that_person_and_say_which_token_it_was(ledger, clock):
    wanted = tokens.NewToken(name="ann-phone", role=Role.APPROVER, person="ann")
    token, _ = tokens.create(ledger, clock, wanted, by="root")
    assert (token.person, token.actor) == ("ann", "ann/ann-phone")
    plain, _ = tokens.create(ledger, clock, tokens.NewToken(name="bob", role=Role.APPROVER), by="root")
    assert (plain.person, plain.actor) == ("bob", "bob")


def test_two_admin_tokens_of_nodes_are_one_person(ledger, clock):
    one = tokens.adopt(ledger, clock, SECRET, by="node")
    other = tokens.adopt(ledger, clock, SECRET + "2", by="node")
    assert {one.person, other.person} == {"admin"}
    assert one.actor != other.actor


@pytest.mark.parametrize(("role", "targets"), [(Role.OPERATOR, ("web",)), (Role.REPORTER, ())])
def test_only_a_reporter_is_bound_to_targets_and_to_one_at_least(role, targets, ledger, clock):
    with pytest.raises(InputError, match="only a token of role reporter can be limited to targets"):
        tokens.create(ledger, clock, tokens.NewToken(name="x", role=role, targets=targets), by="root")
