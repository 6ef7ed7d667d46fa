from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grace_workers.actions import OutcomeStatus, ProcessEntry
from grace_workers.actions.primitives.kill_process_tree import DEFINITION, KillTreeParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryProcesses
from tests.conformance.primitive_cases import InMemory, Real
from tests.unit.drivers.test_host import ME, leaky

LEAKY = ProcessEntry(pid=10, incarnation="a", parent=1, name="leaky", user="shop", memory=900 << 20, zombies=4)


def table() -> MemoryProcesses:
    child = replace(LEAKY, pid=11, parent=10, name="sleep", memory=1 << 20, zombies=0)
    return MemoryProcesses([LEAKY, child, replace(LEAKY, pid=20, memory=100 << 20, zombies=0)])


def in_memory() -> InMemory:
    made = table()
    return InMemory(
        role=made, params={"name": "leaky", "memory_mib": 500}, look=lambda: list(made.entries), kept=lambda: None
    )


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with leaky(folder) as (name, live):
        yield Real(
            kind=TargetKind("host"),
            connection={"may_end": {"names": [name], "users": [ME]}},
            params={"name": name, "memory_mib": 1, "grace_period": 5},
            look=live,
            kept=lambda: None,
        )


@pytest.mark.parametrize("params", [{"memory_mib": 500}, {"zombies": 4}, {"memory_mib": 5000, "zombies": 1}])
def test_a_process_that_leaks_or_leaves_zombies_is_killed_with_its_children(params: dict[str, int]) -> None:
    made, read = table(), KillTreeParams(name="leaky", **params)
    DEFINITION.apply(made, read, DEFINITION.snapshot(made, read))
    assert [one.pid for one in made.entries] == [20]


@pytest.mark.parametrize("params", [{}, {"memory_mib": 901}, {"zombies": 5}])
def test_a_process_that_does_neither_is_not_killed(params: dict[str, int]) -> None:
    made, read = table(), KillTreeParams(name="leaky", **params)
    assert DEFINITION.preview(made, read).changes == ()
    assert DEFINITION.apply(made, read, DEFINITION.snapshot(made, read)).status is OutcomeStatus.UNCHANGED
    assert len(made.entries) == 3


def test_only_the_process_that_holds_the_port_is_killed() -> None:
    made, read = table(), KillTreeParams(name="leaky", listens_on=8080)
    made.entries[2] = replace(made.entries[2], ports=(8080,))
    DEFINITION.apply(made, read, DEFINITION.snapshot(made, read))
    assert [one.pid for one in made.entries] == [10, 11]


def test_of_a_server_that_shares_its_port_with_workers_all_are_killed_however_large_a_worker_is() -> None:
    server = replace(LEAKY, memory=20 << 20, ports=(8080,))
    workers = [replace(server, pid=pid, parent=10, memory=pid << 20) for pid in (30, 40)]
    made, read = MemoryProcesses([server, *workers, table().entries[2]]), KillTreeParams(name="leaky", listens_on=8080)
    DEFINITION.apply(made, read, DEFINITION.snapshot(made, read))
    assert [one.pid for one in made.entries] == [20]


def test_no_more_go_than_allowed_and_the_largest_first() -> None:
    made, read = table(), KillTreeParams(name="leaky", memory_mib=1)
    assert [change.split()[2] for change in DEFINITION.preview(made, read).changes] == ["10", "11"]
    assert len(DEFINITION.preview(made, KillTreeParams(name="leaky", memory_mib=1, most=2)).changes) == 3


def test_a_process_started_after_the_snapshot_is_not_killed() -> None:
    made, read = table(), KillTreeParams(name="leaky", memory_mib=500)
    kept = DEFINITION.snapshot(made, read)
    made.entries = [replace(LEAKY, incarnation="b")]
    assert DEFINITION.apply(made, read, kept).status is OutcomeStatus.UNCHANGED
    assert len(made.entries) == 1


@pytest.mark.parametrize(
    "raw",
    [{"name": ""}, {"name": "a\nb"}, {"name": "a", "most": 0}, {"name": "a", "memory_mib": 0}, {"name": "a", "pid": 1}],
)
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        KillTreeParams.read(raw, "params")
