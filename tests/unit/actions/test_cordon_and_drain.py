from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grace_workers.actions import MachinePod, MachineState, OutcomeStatus
from grace_workers.actions.primitives.cordon_and_drain import DEFINITION, DrainParams
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryMachine
from tests.cluster_node import cluster_node
from tests.conformance.primitive_cases import InMemory, Real

PARAMS = DrainParams()


def in_memory() -> InMemory:
    machine = MemoryMachine()
    return InMemory(role=machine, params={}, look=machine.state, kept=lambda: machine.schedulable)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with cluster_node(folder) as (node, _, said):
        yield Real(
            kind=TargetKind("kubernetes_node"),
            connection=said,
            params={},
            look=lambda: (node.unschedulable, sorted(node.pods)),
            kept=lambda: node.unschedulable,
        )


def test_the_preview_names_what_would_leave() -> None:
    preview = DEFINITION.preview(MemoryMachine(), PARAMS)
    assert preview.changes == ("close it to new pods", "let pod shop/web-1 leave")


@pytest.mark.parametrize(
    ("pod", "allowed", "words"),
    [
        (MachinePod(name="a", controlled=False), {"unmanaged": True}, "nothing would start pod a elsewhere"),
        (MachinePod(name="a", local=True), {"local_data": True}, "pod a has data on this machine"),
    ],
)
def test_what_would_be_lost_is_asked_for_by_name(pod: MachinePod, allowed: dict[str, bool], words: str) -> None:
    machine = MemoryMachine(pods=[pod])
    kept = DEFINITION.snapshot(machine, DrainParams(**allowed))
    for ask in (DEFINITION.preview, DEFINITION.snapshot):
        with pytest.raises(ConflictError, match=words):
            ask(machine, PARAMS)
    with pytest.raises(ConflictError, match=words):
        DEFINITION.apply(machine, PARAMS, kept)
    assert machine.schedulable
    DEFINITION.apply(machine, DrainParams(**allowed), kept)
    assert machine.pods == []


@dataclass(slots=True)
class Busy(MemoryMachine):
    """A machine to which a pod comes just before it is closed."""

    coming: MachinePod = field(default_factory=lambda: MachinePod(name="a", local=True))

    def set_schedulable(self, *, on: bool) -> MachineState:
        self.pods += [] if on else [self.coming]
        self.schedulable = on
        return self.state()


def test_a_pod_that_comes_before_the_machine_is_closed_is_not_lost() -> None:
    machine = Busy()
    kept = DEFINITION.snapshot(machine, PARAMS)
    with pytest.raises(ConflictError, match="pod a has data on this machine"):
        DEFINITION.apply(machine, PARAMS, kept)
    assert machine.coming in machine.pods
    DEFINITION.restore(machine, PARAMS, kept)
    assert machine.schedulable


def test_a_budget_that_holds_a_pod_fails_the_step_and_a_restore_opens_the_machine() -> None:
    machine = MemoryMachine(held={"shop/web-1"})
    kept = DEFINITION.snapshot(machine, PARAMS)
    with pytest.raises(TransientError, match="still there"):
        DEFINITION.apply(machine, PARAMS, kept)
    assert not machine.schedulable
    DEFINITION.restore(machine, PARAMS, kept)
    assert machine.schedulable


def test_a_machine_that_was_closed_before_stays_closed() -> None:
    machine = MemoryMachine(schedulable=False, pods=[])
    kept = DEFINITION.snapshot(machine, PARAMS)
    assert DEFINITION.apply(machine, PARAMS, kept).status is OutcomeStatus.UNCHANGED
    DEFINITION.restore(machine, PARAMS, kept)
    assert not machine.schedulable
