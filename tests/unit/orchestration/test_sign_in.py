"""From what a provider proves to the token of a session."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.orchestration.sign_in import ProvenPerson, SignInRule, end_session, open_session, role_of
from grace_workers.testing import FakeClock
from tests.memory.ledger import MemoryLedger

ANNA = ProvenPerson(
    issuer="https://id.example", subject="u-1", name="Anna.Meier@example.com", values=frozenset({"sre"})
)
HOURS = timedelta(hours=8)
RULE = SignInRule(claim="groups", roles={"sre": Role.APPROVER, "staff": Role.VIEWER, "root": Role.ADMIN}, session=HOURS)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def ledger(clock):
    return MemoryLedger(clock)


@pytest.mark.parametrize(
    ("values", "role"),
    [({"staff", "sre"}, Role.APPROVER), ({"staff", "x"}, Role.VIEWER), ({"SRE", "x"}, None), (set(), None)],
)
def test_the_highest_role_of_a_persons_values_counts(values, role):
    assert role_of(replace(ANNA, values=frozenset(values)), RULE) is role


def test_a_session_is_a_token_that_ends_and_acts_for_the_person(ledger, clock):
    token, secret = open_session(ledger, clock, ANNA, Role.APPROVER, HOURS)
    assert tokens.verify(ledger, clock, secret) == token
    assert token.actor.startswith("anna.meier-")
    assert token.actor.endswith(f"/{token.name}")
    clock.advance(HOURS)
    assert tokens.verify(ledger, clock, secret) is None


def test_whoever_renames_themselves_at_the_provider_stays_the_same_person(ledger, clock):
    first, _ = open_session(ledger, clock, ANNA, Role.APPROVER, HOURS)
    renamed, _ = open_session(ledger, clock, replace(ANNA, name="ben"), Role.APPROVER, HOURS)
    assert renamed.person == first.person
    namesake, _ = open_session(ledger, clock, replace(ANNA, subject="u-2"), Role.APPROVER, HOURS)
    elsewhere, _ = open_session(ledger, clock, replace(ANNA, issuer="https://other"), Role.APPROVER, HOURS)
    assert len({first.person, namesake.person, elsewhere.person}) == 3


@pytest.mark.parametrize("name", ["", "<b>", "admin", "x" * 500, "Zoë Müller"])
def test_any_name_becomes_one_that_a_person_can_have_and_none_of_the_fleets_own(name, ledger, clock):
    token, _ = open_session(ledger, clock, replace(ANNA, name=name), Role.VIEWER, HOURS)
    assert not tokens.is_reserved(token.person)


def test_signing_out_ends_the_token_of_a_session_and_no_other(ledger, clock):
    token, secret = open_session(ledger, clock, ANNA, Role.VIEWER, HOURS)
    assert end_session(ledger, clock, token, by=token.actor)
    assert tokens.verify(ledger, clock, secret) is None
    # What was answered in the session still counts, as it would not by a revoked token.
    assert [one.revoked_at for one in tokens.tokens(ledger)] == [None]
    pasted, secret = tokens.create(ledger, clock, tokens.NewToken(name="ann", role=Role.VIEWER), by="root")
    assert not end_session(ledger, clock, pasted, by="ann")
    assert tokens.verify(ledger, clock, secret) == pasted


def test_sessions_are_forgotten_long_after_they_ended(ledger, clock):
    old, _ = open_session(ledger, clock, ANNA, Role.VIEWER, HOURS)
    clock.advance(HOURS + timedelta(days=91))
    new, _ = open_session(ledger, clock, ANNA, Role.VIEWER, HOURS)
    assert [one.name for one in tokens.tokens(ledger)] == [new.name]
    assert old.name != new.name


def test_no_one_can_make_a_token_that_looks_like_a_session():
    assert tokens.is_reserved("session-0123456789abcdef")
