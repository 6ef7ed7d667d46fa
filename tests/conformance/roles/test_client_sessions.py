"""What every `ClientSessions` promises."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.actions import ClientSessions, IdleSession
from grace_workers.testing import MemorySessions
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.session_stands import Sessions
from tests.waiting import until

AT_ONCE = timedelta(0)


@pytest.fixture(params=implementations(ClientSessions))
def sessions(request: pytest.FixtureRequest) -> Iterator[Sessions]:
    if request.param == "memory":
        yield in_memory()
        return
    with stand(request.param, ClientSessions, request) as made:
        yield made


def in_memory() -> Sessions:
    role = MemorySessions()

    def begin(*, in_transaction: bool) -> Callable[[], object]:
        number = len(role.sessions) + 1
        idle = timedelta(hours=1)
        role.sessions.append(
            IdleSession(number=number, incarnation="a", application="shop", idle=idle, in_transaction=in_transaction)
        )
        return lambda: any(one.number == number for one in role.sessions)

    return Sessions(role, begin, lambda use: not use())


def shown(sessions: Sessions, *, in_transaction: bool) -> list[IdleSession]:
    """The idle sessions of the application; a stand may keep one of its own."""
    return [one for one in sessions.role.idle(AT_ONCE, in_transaction=in_transaction) if one.application == "shop"]


@pytest.mark.parametrize("in_transaction", [True, False])
def test_an_idle_session_is_seen_in_its_own_state_only_and_can_be_ended_once(
    sessions: Sessions, in_transaction: bool
) -> None:
    use, other = sessions.begin(in_transaction=in_transaction), sessions.begin(in_transaction=not in_transaction)
    (found,) = until(lambda: shown(sessions, in_transaction=in_transaction), within=10)
    assert (found.application, found.in_transaction) == ("shop", in_transaction)
    assert (sessions.role.end(found), sessions.cut(use), sessions.cut(other)) == (True, True, False)
    assert (sessions.role.end(found), shown(sessions, in_transaction=in_transaction)) == (False, [])


def test_a_session_that_has_not_been_idle_for_so_long_is_not_seen(sessions: Sessions) -> None:
    sessions.begin(in_transaction=False)
    assert list(sessions.role.idle(timedelta(days=1), in_transaction=False)) == []


def test_another_session_of_the_same_number_goes_on(sessions: Sessions) -> None:
    use = sessions.begin(in_transaction=False)
    (found,) = until(lambda: shown(sessions, in_transaction=False), within=10)
    assert (sessions.role.end(replace(found, incarnation="another")), sessions.cut(use)) == (False, False)


def test_sessions_are_counted_whatever_they_do(sessions: Sessions) -> None:
    before = sessions.role.count()
    for in_transaction in (True, False):
        sessions.begin(in_transaction=in_transaction)
    assert sessions.role.count() == before + 2
