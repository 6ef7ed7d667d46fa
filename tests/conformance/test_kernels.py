"""What every kernel must do, whoever wrote it."""

from dataclasses import fields, replace
from importlib import import_module

import pytest

from grace_workers.fleet import Absent, Limited, Probe, Ready, Tier, Unready, boot_plan, examine, required, waves
from grace_workers.foundation.catalog import CatalogError
from grace_workers.orchestration.job import Pool
from tests.conformance.kernel_worlds import (
    CATALOGS,
    PROCESSES,
    World,
)

KERNELS = CATALOGS.kernels
KNOWN = {one.name: one for one in KERNELS}
EVERYTHING = frozenset({"broker", "database", "api", "disk"})


def is_reader(kind: type) -> bool:
    return bool(getattr(kind, "_is_protocol", False))


def broken(name: str) -> World | None:
    """Return a world in which the kernel is broken, as its own test file says; None when there is none."""
    found: World | None = import_module(f"tests.unit.fleet.kernels.test_{name}").BROKEN
    return found


def test_there_are_twenty_at_least_and_some_in_each_tier():
    assert len(KERNELS.names) >= 20
    assert {one.tier for one in KERNELS} == set(Tier)


def test_no_need_is_unknown_runs_in_a_circle_or_belongs_to_a_later_tier():
    assert [name for wave in waves(KNOWN) for name in wave]
    assert {name for phase in boot_plan(KNOWN) for wave in phase.waves for name in wave} == set(KNOWN)


def test_no_critical_kernel_needs_one_that_may_be_missing_or_paused():
    assert required(KNOWN) == {one.name for one in KERNELS if one.critical}


@pytest.mark.parametrize("name", KERNELS.names)
def test_what_may_be_paused_is_not_critical(name):
    assert not (KNOWN[name].may_pause and KNOWN[name].critical)


def test_what_has_no_process_cannot_be_said_to_be_pausable():
    with pytest.raises(CatalogError, match="has no process to pause"):
        replace(KNOWN["sandbox"], may_pause=True)


@pytest.mark.parametrize("name", KERNELS.names)
def test_a_process_belongs_to_one_kernel_and_is_one_of_a_node(name):
    process = KNOWN[name].process
    assert process is None or process in PROCESSES
    assert process is None or [one.name for one in KERNELS if one.process == process] == [name]


@pytest.mark.parametrize("name", KERNELS.names)
def test_in_a_healthy_world_a_kernel_serves(name):
    found = examine(KNOWN[name], World())
    assert isinstance(found, Ready | Limited | Absent), found


@pytest.mark.parametrize("name", KERNELS.names)
def test_a_kernel_whose_subject_is_broken_says_so_in_a_sentence(name):
    world = broken(name)
    if world is None:
        assert examine(KNOWN[name], World(away=EVERYTHING)) == examine(KNOWN[name], World())
        return
    found = examine(KNOWN[name], world)
    assert isinstance(found, Unready), found
    assert len(found.why.split()) > 3
    assert not found.why.endswith(".")


@pytest.mark.parametrize("name", KERNELS.names)
def test_no_kernel_is_ready_when_nothing_answers(name):
    found = examine(KNOWN[name], World(away=EVERYTHING))
    alone = {"secrets", "hunter", "error_recognition", "sandbox"}
    assert isinstance(found, Unready) is (name not in alone), found


@pytest.mark.parametrize("pool", [pool.value for pool in Pool])
def test_a_pool_that_runs_elsewhere_is_absent_here(pool):
    found = examine(KNOWN[f"{pool}_pool"], World(processes=PROCESSES - {pool}))
    assert isinstance(found, Absent)


@pytest.mark.parametrize("name", ["scheduler", "trigger_monitor", "api", "telemetry", "fleet_keeper"])
def test_a_node_without_the_process_says_that_another_may_have_it(name):
    found = examine(KNOWN[name], World(processes=frozenset({"healing"})))
    assert isinstance(found, Absent)
    assert "this node" in found.why


@pytest.mark.parametrize(("name", "lacks"), [("coding_pool", "coding engines")])
def test_what_is_not_built_yet_is_named(name, lacks):
    found = examine(KNOWN[name], World())
    assert isinstance(found, Limited)
    assert lacks in found.lacks


def test_a_probe_of_memory_has_the_shape_of_the_real_one():
    probe = World()
    assert [one.name for one in fields(Probe) if not hasattr(probe, one.name)] == []
    readers = {one.name: one.type for one in fields(Probe) if isinstance(one.type, type) and is_reader(one.type)}
    assert len(readers) == 10
    for name, reader in readers.items():
        wanted = {asked for asked in vars(reader) if not asked.startswith("_")}
        assert {asked for asked in wanted if not hasattr(getattr(probe, name), asked)} == set()
