"""The order of a boot, what a failure in it means, and how long it is retried."""

from datetime import timedelta

import pytest

from grace_workers.fleet import (
    Kernel,
    KernelState,
    Phase,
    Ready,
    Tier,
    boot_plan,
    degraded_by,
    is_here,
    kernels,
    next_try,
    required,
    start_timeout,
)
from grace_workers.foundation.catalog import CatalogError, discover


def kernel(name: str, **others) -> Kernel:
    values = {"tier": Tier.FOUNDATION, "readiness": lambda _probe: Ready("there")}
    return Kernel(name=name, **{**values, **others})


def known(*all_of_them: Kernel) -> dict[str, Kernel]:
    return {one.name: one for one in all_of_them}


def test_each_tier_is_a_phase_and_needs_come_first() -> None:
    found = boot_plan(
        known(
            kernel("log", needs=("store",)),
            kernel("store"),
            kernel("bus"),
            kernel("pool", tier=Tier.AGENTS, needs=("bus", "log")),
            kernel("clock", tier=Tier.AGENTS),
        )
    )
    assert [plan.phase for plan in found] == [Phase.FOUNDATION, Phase.KNOWLEDGE, Phase.AGENTS, Phase.AUTONOMY]
    assert found[0].waves == [["store", "bus"], ["log"]]
    assert [plan.waves for plan in found[1:]] == [[], [["pool", "clock"]], []]


def test_the_kernels_that_ship_have_a_plan_with_each_of_them_once() -> None:
    found = discover(kernels, Kernel, label="kernel")
    shipped = {one.name: one for one in found}
    planned = [name for plan in boot_plan(shipped) for wave in plan.waves for name in wave]
    assert sorted(planned) == sorted(shipped)


def test_a_need_that_a_later_phase_brings_up_is_refused() -> None:
    with pytest.raises(CatalogError, match="'store' needs 'pool', which a later phase brings up"):
        boot_plan(known(kernel("store", needs=("pool",)), kernel("pool", tier=Tier.AGENTS)))


def test_what_a_critical_kernel_needs_is_required_too() -> None:
    found = required(
        known(kernel("a", needs=("b",)), kernel("b", critical=False, needs=("c",)), kernel("c", critical=False))
        | known(kernel("d", critical=False, needs=("a",)))
    )
    assert found == {"a", "b", "c"}


def test_a_kernel_is_here_when_its_process_is_or_when_it_needs_none() -> None:
    assert is_here(kernel("rules"), ["control"])
    assert is_here(kernel("fleet", process="control"), ["control"])
    assert not is_here(kernel("api", process="api"), ["control"])
    assert is_here(kernel("database", process="postgres"), ["control"])


def test_a_slow_machine_is_given_more_time_and_a_fast_one_not_less() -> None:
    pool = kernel("pool", process="healing")
    assert start_timeout(pool, None) == start_timeout(pool, timedelta(seconds=1)) == timedelta(seconds=60)
    assert start_timeout(pool, timedelta(seconds=20)) == timedelta(seconds=100)
    assert start_timeout(kernel("rules"), None) == timedelta(seconds=10)


def test_tries_come_at_doubling_waits_until_the_time_is_up() -> None:
    quick, plenty = timedelta(0), timedelta(seconds=10)
    waits = [next_try(attempt, quick, plenty) for attempt in range(1, 8)]
    assert [wait.total_seconds() for wait in waits if wait] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert next_try(3, quick, timedelta(seconds=0.2)) is None


def test_a_slow_self_test_is_not_pressed() -> None:
    assert next_try(1, timedelta(seconds=0.7), timedelta(seconds=10)) == timedelta(seconds=0.7)
    assert next_try(1, timedelta(seconds=7), timedelta(seconds=10)) == timedelta(seconds=1)


def test_a_node_is_degraded_by_kernels_that_do_not_serve_unless_paused_on_purpose() -> None:
    all_of_them = known(*(kernel(name) for name in ("a", "b", "c", "d", "e")))
    states = {
        "a": KernelState.READY,
        "b": KernelState.FAILED,
        "c": KernelState.PAUSED,
        "d": KernelState.ABSENT,
        "e": KernelState.UNREADY,
    }
    assert degraded_by(all_of_them, states) == ["b", "e"]
