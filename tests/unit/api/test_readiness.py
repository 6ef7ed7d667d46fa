"""What `/readyz` says about the broker, kernels and playbooks."""

import pytest

from grace_workers.entrypoints.api.readiness import ReadinessFinding, of_broker, of_kernels, of_playbooks
from grace_workers.fleet import KernelState
from grace_workers.orchestration.fleet.watch import KernelRow


def row(kernel, state):
    return KernelRow(instance="node-1", kernel=kernel, state=state.value, restarts=0)


def test_a_broker_that_the_leader_has_yet_to_sweep_carries_doorbells_and_is_named():
    found = of_broker(None)
    assert (found.ok, found.degraded) == (True, True)
    assert "marker is missing" in found.reason
    assert of_broker("run:marker") == ReadinessFinding("broker", True, "answers")


@pytest.mark.parametrize("state", [KernelState.FAILED, KernelState.UNREADY, KernelState.WAITING])
def test_a_kernel_that_is_down_leaves_the_fleet_ready_but_degraded_and_is_named(state):
    found = of_kernels([row("database", KernelState.READY), row("hunter", state)])
    assert (found.ok, found.degraded) == (True, True)
    assert found.reason == f"hunter of node-1 is {state}"


def test_ready_limited_absent_and_paused_kernels_count_as_healthy():
    states = (KernelState.READY, KernelState.LIMITED, KernelState.ABSENT, KernelState.PAUSED)
    found = of_kernels([row(f"kernel-{number}", state) for number, state in enumerate(states)])
    assert found == ReadinessFinding("kernels", True, "all 4 serve")


def test_a_faulty_edit_leaves_the_fleet_ready_but_degraded_and_is_named():
    found = of_playbooks(["mine:1: the folder cannot be read"], 9)
    assert (found.ok, found.degraded) == (True, True)
    assert found.reason == "the last 9 valid ones stay in force: mine:1: the folder cannot be read"


def test_sound_playbooks_are_counted():
    assert of_playbooks([], 9) == ReadinessFinding("playbooks", True, "9 loaded")
