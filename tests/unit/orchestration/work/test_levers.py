"""What forbids experiments with the fleet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.actions import Ownership, Target
from grace_workers.fleet.score import HealthInputs, parts_of
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.orchestration.switches import SWITCHES, turn
from grace_workers.orchestration.work import levers
from tests.builders import HERE, Ward
from tests.memory.fleet import MemoryFleetStore


@pytest.mark.parametrize("name", SWITCHES)
def test_no_experiment_runs_while_a_switch_is_on(name: str) -> None:
    ward = Ward()
    with ward.ledger.transaction() as tx:
        assert levers.troubles(tx) == []
    turn(ward.ledger, ward.clock, name, on=True, reason="we look into it", by="ann")
    with ward.ledger.transaction() as tx:
        assert levers.troubles(tx) == [f"the switch {name} is on: we look into it"]


@pytest.mark.parametrize(("used", "told"), [(0.6, []), (0.97, ["node here is short of memory: 97% used"])])
def test_no_experiment_runs_while_a_node_is_short_of_memory(used: float, told: Sequence[str]) -> None:
    ward = Ward()
    parts = parts_of(HealthInputs(longest_beat=timedelta(0), memory=used))
    with ward.ledger.transaction() as tx:
        registered = MemoryFleetStore(tx).register(HERE)
        tx.table("instances")[HERE] = replace(registered, parts=parts)
        assert levers.troubles(tx) == told


@pytest.mark.slow
def test_an_incident_of_the_fleet_is_found_behind_any_number_of_others() -> None:
    ward = Ward()
    relay = TargetName("grace.here.relay")
    ward.intake = replace(
        ward.intake,
        targets={**ward.intake.targets, relay: Target(name=relay, kind=TargetKind("kernel"), owner=Ownership.INTERNAL)},
    )
    ward.fall_ill(relay)
    for number in range(101):
        ward.fall_ill(name=f"ill_{number}", signature=f"ill_{number}")
    with ward.ledger.transaction() as tx:
        (found,) = levers.troubles(tx)
    assert found.startswith("the fleet has an open incident: ")
