import pytest

from grace_workers.fleet import (
    Absent,
    Kernel,
    KernelState,
    Limited,
    ProcessState,
    ProcessStatus,
    Ready,
    Tier,
    Unready,
    standing,
)
from grace_workers.foundation.catalog import CatalogError


def kernel(**given) -> Kernel:
    return Kernel(**{"name": "one", "tier": Tier.AGENTS, "readiness": lambda _probe: Ready("there"), **given})


def process(state: ProcessState, **given) -> ProcessStatus:
    return ProcessStatus(**{"name": "one", "state": state, "pid": 7, "restarts": 0, **given})


@pytest.mark.parametrize(
    ("test", "state", "detail"),
    [
        (Ready("it answers"), KernelState.READY, "it answers"),
        (Limited("it answers", "models"), KernelState.LIMITED, "it answers; lacks models"),
        (Unready("no answer"), KernelState.UNREADY, "no answer"),
        (Absent("not here"), KernelState.ABSENT, "not here"),
        (None, KernelState.WAITING, "not tested yet"),
    ],
)
def test_a_kernel_without_a_process_has_the_state_that_its_self_test_says(test, state, detail):
    found = standing(kernel(), None, test, {})
    assert (found.state, found.detail) == (state, detail)


@pytest.mark.parametrize(
    ("own", "state", "detail"),
    [
        (process(ProcessState.STARTING), KernelState.STARTING, "starting"),
        (process(ProcessState.BACKING_OFF, trouble="exit code 1"), KernelState.FAILED, "exit code 1"),
        (process(ProcessState.PAUSED, paused_for="ada: upgrade"), KernelState.PAUSED, "ada: upgrade"),
        (process(ProcessState.UNREADY, trouble="no answer"), KernelState.UNREADY, "no answer"),
    ],
)
def test_what_its_process_lacks_counts_before_an_older_self_test(own, state, detail):
    found = standing(kernel(process="one"), own, Ready("it answered"), {})
    assert (found.state, found.detail) == (state, detail)


def test_a_kernel_waits_for_what_it_needs():
    found = standing(kernel(needs=("database",)), None, Unready("no answer"), {"database": KernelState.FAILED})
    assert (found.state, found.detail) == (KernelState.WAITING, "waits for database: no answer")


def test_a_serving_kernel_does_not_wait():
    found = standing(kernel(needs=("database",)), None, Ready("it answers"), {"database": KernelState.FAILED})
    assert found.state is KernelState.READY


def test_a_kernel_in_a_paused_process_is_paused():
    found = standing(kernel(), process(ProcessState.PAUSED, paused_for="load"), Ready("it answered"), {})
    assert (found.state, found.detail) == (KernelState.PAUSED, "load")


def test_a_kernel_lives_in_its_own_process_or_in_its_host():
    assert kernel(process="valkey").restarts_with == "valkey"
    assert kernel(host="control").restarts_with == "control"
    assert kernel().restarts_with is None


def test_a_kernel_with_its_own_process_has_no_host():
    with pytest.raises(CatalogError, match="has a process of its own"):
        kernel(process="valkey", host="control")
