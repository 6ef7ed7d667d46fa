"""Tokens whose secret comes from outside, and their time."""

from datetime import timedelta

import pytest

from grace_workers.adapters.memory.clock import FakeClock
from grace_workers.adapters.memory.ledger import MemoryLedger
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.governance import Role
from grace_workers.orchestration import tokens

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
