"""What the store of tokens promises, in memory and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.governance import Role
from grace_workers.orchestration.sign_in import ProvenPerson, open_session
from grace_workers.orchestration.stores import Token
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import HOUR, World, clock, world

__all__ = ["clock", "world"]


def token(clock: FakeClock, **changes: Any) -> Token:
    given: dict[str, Any] = {
        "name": "robot",
        "role": Role.OPERATOR,
        "hash": "h",
        "created_at": clock.now(),
        "expires_at": clock.now() + HOUR,
        "revoked_at": None,
        "rate_per_minute": 60,
        "person": "ann",
    }
    return Token(**{**given, **changes})


def test_a_token_is_found_by_its_hash_and_its_name_is_never_reused(world: World, clock: FakeClock) -> None:
    one = token(clock)
    other = token(clock, name="another", hash="g", expires_at=None, role=Role.REPORTER, targets=("web", "database"))
    with world.ledger.transaction() as tx:
        tx.tokens.add(one)
        tx.tokens.add(other)
    with pytest.raises(ConflictError, match="never reused"), world.ledger.transaction() as tx:
        tx.tokens.add(token(clock, hash="x"))
    with world.ledger.transaction() as tx:
        assert tx.tokens.by_hash("h") == one
        assert tx.tokens.by_hash("x") is None
        assert tx.tokens.all() == [other, one]


def test_a_revoked_token_keeps_the_first_time(world: World, clock: FakeClock) -> None:
    with world.ledger.transaction() as tx:
        tx.tokens.add(token(clock))
        tx.tokens.revoke("robot", clock.now())
        assert tx.tokens.revoke("robot", clock.now() + HOUR).revoked_at == clock.now()
        with pytest.raises(NotFoundError, match="no token"):
            tx.tokens.revoke("nobody", clock.now())
    with world.ledger.transaction() as tx:
        found = tx.tokens.by_hash("h")
        assert found is not None
        assert found.revoked_at == clock.now()


def test_a_person_who_signs_in_twice_at_once_under_two_names_is_one_person(world: World, clock: FakeClock) -> None:
    def entered(subject: int, name: str) -> str:
        who = ProvenPerson(issuer="https://id.example", subject=str(subject), name=name, values=frozenset())
        return open_session(world.ledger, clock, who, Role.APPROVER, HOUR)[0].person

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(entered, (0, 0, 1, 1, 2, 2, 3, 3), ("ann", "ben") * 4))
    assert [len({found[at], found[at + 1]}) for at in (0, 2, 4, 6)] == [1, 1, 1, 1]


def test_sessions_that_ended_long_ago_are_forgotten_and_other_tokens_never(world: World, clock: FakeClock) -> None:
    now = clock.now()
    with world.ledger.transaction() as tx:
        for number, ended in ((1, now - HOUR), (2, now)):
            tx.tokens.add(token(clock, name=f"session-{number:016x}", hash=f"s{number}", expires_at=ended))
        tx.tokens.add(token(clock, name="robot", hash="r", expires_at=now - HOUR))
    with world.ledger.transaction() as tx:
        assert tx.tokens.forget_sessions(now) == 1
        assert [one.name for one in tx.tokens.all()] == ["robot", f"session-{2:016x}"]


def test_a_token_expires_at_once_but_never_later_than_it_would(world: World, clock: FakeClock) -> None:
    now = clock.now()
    with world.ledger.transaction() as tx:
        tx.tokens.add(token(clock, name="long", hash="l", expires_at=None))
        tx.tokens.add(token(clock, name="past", hash="p", expires_at=now - HOUR))
        tx.tokens.expire("long", now)
        tx.tokens.expire("past", now)
        assert [one.expires_at for one in tx.tokens.all()] == [now, now - HOUR]
