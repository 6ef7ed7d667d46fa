from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.actions import Blocker, OutcomeStatus
from grace_workers.actions.primitives.clear_database_locks import DEFINITION, ClearLocksParams
from grace_workers.foundation.errors import InputError
from grace_workers.testing import MemoryConsole
from tests.conformance.primitive_cases import InMemory


def blocker(pid: int, *, waiting: int = 1, age: int = 60, incarnation: str = "first") -> Blocker:
    return Blocker(
        pid=pid,
        incarnation=incarnation,
        waiting=waiting,
        transaction_age=timedelta(seconds=age),
        state="idle in transaction",
        application="shop",
    )


def in_memory() -> InMemory:
    console = MemoryConsole(blocking=[blocker(7, waiting=3)])
    return InMemory(
        role=console,
        params={"older_than": 30},
        look=lambda: list(console.blocking),
        kept=lambda: console.session_count() > 0,
    )


def test_only_blockers_older_than_the_limit_are_ended() -> None:
    console = MemoryConsole(blocking=[blocker(1, age=10), blocker(2, age=60)])
    params = ClearLocksParams(older_than=timedelta(seconds=30))
    DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
    assert [one.pid for one in console.blocking] == [1]


def test_no_more_sessions_are_ended_than_allowed_and_the_worst_go_first() -> None:
    console = MemoryConsole(blocking=[blocker(pid, waiting=pid) for pid in range(1, 5)])
    params = ClearLocksParams(most=2)
    outcome = DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
    assert outcome.data == {"ended": 2, "pids": [4, 3]}
    assert {1, 2} == {one.pid for one in console.blocking}


def test_a_session_that_came_after_the_snapshot_is_not_ended() -> None:
    console = MemoryConsole(blocking=[blocker(1)])
    kept = DEFINITION.snapshot(console, ClearLocksParams())
    console.blocking = [blocker(1, incarnation="second"), blocker(2)]
    assert DEFINITION.apply(console, ClearLocksParams(), kept).status is OutcomeStatus.UNCHANGED
    assert len(console.blocking) == 2


def test_the_preview_names_pid_application_and_waiters() -> None:
    console = MemoryConsole(blocking=[blocker(42, waiting=3)])
    preview = DEFINITION.preview(console, ClearLocksParams())
    assert "session 42 (shop" in preview.changes[0]
    assert preview.blast.count == 1
    assert preview.blast.share == pytest.approx(1 / 5)


def test_without_blockers_nothing_is_done() -> None:
    console = MemoryConsole()
    outcome = DEFINITION.apply(console, ClearLocksParams(), DEFINITION.snapshot(console, ClearLocksParams()))
    assert outcome.status is OutcomeStatus.UNCHANGED


@pytest.mark.parametrize("raw", [{"most": 0}, {"most": 101}, {"older_than": -1}, {"pid": 1}])
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        ClearLocksParams.read(raw, "params")


def test_a_session_at_work_is_spared_unless_it_is_asked_for() -> None:
    dump = replace(blocker(9), state="active", application="pg_dump")
    console = MemoryConsole(blocking=[dump])
    assert DEFINITION.preview(console, ClearLocksParams()).changes == ()

    everything = ClearLocksParams(also_active=True)
    outcome = DEFINITION.apply(console, everything, DEFINITION.snapshot(console, everything))

    assert outcome.data["pids"] == [9]
