"""The optimiser, look by look, on a fleet whose jobs are quicker or slower with the other value."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random
from typing import Any

import pytest

from grace_workers.cycles.cycle import Found
from grace_workers.cycles.lever import ON_TRIAL, LeverSetting
from grace_workers.cycles.programmes.optimiser import BEFORE, DEFINITION
from grace_workers.cycles.tuning import BlockFigures, PoolScale, SeenBlock, SeenBlocks, Tried, TuningMemory
from grace_workers.cycles.tuning.progress import MOST_SHOWN
from grace_workers.cycles.withdrawn import Withdrawn
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName

START = datetime(2026, 6, 1, tzinfo=UTC)
BLOCK = timedelta(minutes=30)
DOWN = "the fleet has an open incident: the relay is down"


@dataclass
class Fleet:
    """A fleet that carries out every plan at once. `effect` is how much longer a job takes with a value."""

    effect: Mapping[tuple[str, int], float] = field(default_factory=dict)
    jobs: int = 200
    troubles: Sequence[str] = ()
    settings: dict[str, LeverSetting] = field(default_factory=dict)
    usual: dict[str, int] = field(default_factory=lambda: {"relay_batch": 500})
    memory: JsonValue = None
    at: datetime = START
    grants: bool = True
    waits: float = 1.0
    scales: Mapping[str, PoolScale] = field(default_factory=dict)
    tail: Mapping[tuple[str, int], float] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.at

    def cadence(self, cycle: str) -> timedelta:
        assert cycle == "optimiser"
        return BLOCK

    def lever_settings(self) -> Mapping[str, LeverSetting]:
        return self.settings

    def levers(self) -> Mapping[str, int]:
        found = {name: self.settings.get(name, LeverSetting(name=name)).value for name in self.usual}
        return {name: self.usual[name] if value is None else value for name, value in found.items()}

    def blocks(
        self, windows: Sequence[tuple[datetime, datetime]], *, pool: str | None = None
    ) -> Sequence[BlockFigures]:
        del pool
        return [self._block(since) for since, _ in windows]

    def _block(self, at: datetime) -> BlockFigures:
        taken, tail = 1.0, 5.0
        for name, usual in self.usual.items():
            value = self.settings.get(name, LeverSetting(name=name)).at(at, usual)
            taken *= 1 + self.effect.get((name, value), 0.0)
            tail *= 1 + self.tail.get((name, value), 0.0)
        noise = exp(Random(str(at)).gauss(0, 0.02))
        slowest = tail * exp(Random(f"tail {at}").gauss(0, 0.1))
        seconds = taken * noise * self.waits
        return BlockFigures(jobs=self.jobs, seconds=seconds, service=timedelta(seconds=0.1), slowest=slowest)

    def pool_scales(self) -> Mapping[str, PoolScale]:
        return self.scales

    def fleet_troubles(self) -> Sequence[str]:
        return self.troubles

    def look(self) -> Found:
        found = DEFINITION.judge(DEFINITION.read(self), self.memory, self.at)  # type: ignore[arg-type]
        self.memory = found.memory
        for plan in found.plans if self.grants else ():
            self.carry_out(plan.steps[0].params)
        if found.lever is not None:
            known = self.settings[found.lever.lever]
            trial = None if found.lever.schedule is None else known.trial
            self.settings[known.name] = replace(known, trial=trial, schedule=found.lever.schedule)
        self.at += BLOCK
        return found

    def carry_out(self, params: Mapping[str, Any]) -> None:
        name = params["limit"].removesuffix(ON_TRIAL)
        known = self.settings.get(name, LeverSetting(name=name))
        change = "trial" if params["limit"].endswith(ON_TRIAL) else "value"
        self.settings[name] = replace(known, **{change: params["value"]})

    def until(self, word: str, most: int = 80) -> Found:
        for _ in range(most):
            found = self.look()
            if word in str(found.result["doing"]):
                return found
        raise AssertionError(f"{word!r} was never told; last: {found.result}")


def test_a_better_value_is_put_on_trial_confirmed_set_by_a_plan_and_told() -> None:
    fleet = Fleet(effect={("relay_batch", 750): -0.1})
    asked = fleet.look()
    (plan,) = asked.plans
    assert plan.steps[0].params == {"limit": "relay_batch_on_trial", "value": 750}
    assert str(plan.reason).startswith("try relay_batch 750 instead of 500")
    promoted = fleet.until("fresh blocks confirm")
    assert promoted.plans[0].steps[0].params == {"limit": "relay_batch", "value": 750, "instead_of": 500}
    assert fleet.settings["relay_batch"].trial is None
    done = fleet.until("has ended: promoted")
    assert done.findings is not None
    (told,) = done.findings
    assert told.title.startswith("relay_batch was changed from 500 to 750, which made jobs")
    assert 0.05 < told.figures["gain"] < 0.16


def test_a_worse_value_is_stopped_within_five_blocks_of_it_and_the_present_one_stays() -> None:
    fleet = Fleet(effect={("relay_batch", 750): 0.2})
    found = fleet.until("surely worse")
    assert found.result["blocks"] <= 10  # type: ignore[operator]
    assert fleet.settings["relay_batch"] == LeverSetting(name="relay_batch")


def test_a_value_that_helps_most_jobs_but_keeps_the_slowest_waiting_is_stopped_and_never_set() -> None:
    fleet = Fleet(effect={("relay_batch", 750): -0.1}, tail={("relay_batch", 750): 0.8})
    found = fleet.until("has ended")
    assert str(found.result["doing"]).endswith(
        "has ended: the slowest jobs (p99) surely take more than 10% longer with 750"
    )
    assert found.result["blocks"] <= 14  # type: ignore[operator]
    assert fleet.settings["relay_batch"] == LeverSetting(name="relay_batch")


def test_a_value_whose_slowest_jobs_likely_take_longer_is_not_promoted() -> None:
    fleet = Fleet(effect={("relay_batch", 750): -0.1}, tail={("relay_batch", 750): 0.22})
    found = fleet.until("has ended")
    assert "slowest jobs" in str(found.result["doing"])
    assert fleet.settings["relay_batch"] == LeverSetting(name="relay_batch")


def test_what_changes_nothing_is_dropped_and_the_next_value_is_tried() -> None:
    fleet = Fleet()
    fleet.until("has ended")
    assert fleet.settings["relay_batch"] == LeverSetting(name="relay_batch")
    assert fleet.look().plans[0].steps[0].params["value"] == 333


def test_a_value_changed_by_hand_ends_the_experiment_with_a_sentence() -> None:
    fleet = Fleet()
    fleet.until("selecting")
    fleet.settings["relay_batch"] = replace(fleet.settings["relay_batch"], value=900)
    found = fleet.look()
    assert (
        found.result["doing"] == "relay_batch 500 against 750 has ended: relay_batch was set to 900 by hand meanwhile"
    )
    assert found.lever is not None
    assert found.lever.schedule is None


@pytest.mark.parametrize("begun", [False, True])
def test_no_experiment_runs_while_the_fleet_has_an_open_incident(begun: bool) -> None:
    fleet = Fleet(troubles=() if begun else (DOWN,))
    if not begun:
        assert fleet.look().result["doing"] == f"waits: {DOWN}"
        return
    fleet.until("selecting")
    fleet.troubles = (DOWN,)
    assert str(fleet.look().result["doing"]).endswith(f"has ended: {DOWN}")
    assert fleet.settings["relay_batch"].trial is None


def test_a_plan_that_is_not_carried_out_is_waited_for_a_day() -> None:
    fleet = Fleet(grants=False)
    assert len(fleet.look().plans) == 1
    assert str(fleet.look().result["doing"]).startswith("waits: the plan about relay_batch 750")
    assert "was not carried out within a day" in str(fleet.until("within a day").result["doing"])


@pytest.mark.parametrize("promotes", [False, True])
def test_a_value_changed_by_hand_withdraws_the_plan_that_waits(promotes: bool) -> None:
    fleet = Fleet(effect={("relay_batch", 750): -0.1}, grants=promotes)
    if promotes:
        fleet.until("selecting")
        fleet.grants = False
        fleet.until("fresh blocks confirm")
    else:
        fleet.look()
    fleet.settings["relay_batch"] = LeverSetting(name="relay_batch", value=900)
    found = fleet.look()
    plan = "tune_relay_batch" if promotes else "try_relay_batch"
    assert found.withdrawn == (Withdrawn(plan=plan, reason="relay_batch was set to 900 by hand meanwhile"),)
    assert "by hand meanwhile" in str(found.result["doing"])
    assert fleet.look().withdrawn == ()


@pytest.mark.parametrize("begun", [False, True])
def test_a_trial_of_a_lever_that_this_release_does_not_have_is_ended(begun: bool) -> None:
    fleet = Fleet()
    if begun:
        fleet.until("selecting")
        known = fleet.settings.pop("relay_batch")
        fleet.memory = json.loads(json.dumps(fleet.memory).replace("relay_batch", "wheels"))
        fleet.settings["wheels"] = replace(known, name="wheels")
    else:
        fleet.settings["wheels"] = LeverSetting(name="wheels", trial=5)
    found = fleet.look()
    assert str(found.result["doing"]).endswith("has ended: this release has no lever wheels")
    assert fleet.settings["wheels"] == LeverSetting(name="wheels")
    assert fleet.look().plans[0].steps[0].params["limit"] == "relay_batch_on_trial"


def test_a_promoted_value_is_compared_once_more_after_a_week() -> None:
    fleet = Fleet(effect={("relay_batch", 750): -0.1})
    fleet.until("has ended: promoted")
    fleet.at += timedelta(days=7)
    (plan,) = fleet.look().plans
    assert plan.steps[0].params == {"limit": "relay_batch_on_trial", "value": 500}
    assert "look whether it is still better" in str(plan.reason)
    fleet.until("surely worse")
    assert fleet.settings["relay_batch"].value == 750


def test_a_person_s_trial_is_run_as_an_experiment_too() -> None:
    fleet = Fleet(effect={("relay_batch", 900): -0.2})
    fleet.carry_out({"limit": "relay_batch_on_trial", "value": 900})
    assert fleet.look().result["doing"] == "relay_batch: begin to compare 500 with 900: a person put it on trial"
    fleet.until("has ended: promoted")
    assert fleet.settings["relay_batch"].value == 900


def test_an_idle_fleet_is_asked_for_one_block_alone() -> None:
    fleet = Fleet(jobs=3)
    look = DEFINITION.read(fleet)  # type: ignore[arg-type]
    assert (look.before, look.present) == ((), {})
    assert fleet.look().result["doing"] == "waits: there is too little work to compare anything"


def test_blocks_that_no_look_followed_prove_nothing() -> None:
    fleet = Fleet()
    fleet.until("selecting")
    fleet.at += 5 * BLOCK
    assert "no look was taken for two blocks" in str(fleet.look().result["doing"])


def test_before_an_experiment_there_are_enough_blocks() -> None:
    assert BEFORE >= 8


def test_what_an_experiment_shows_is_remembered_while_it_runs_and_after_it_has_ended() -> None:
    fleet = Fleet(effect={("relay_batch", 750): -0.1})
    fleet.until("pair 4")
    running = TuningMemory.of(fleet.memory).running
    assert running is not None
    assert [one.other for one in running.seen.blocks].count(True) == 3
    assert running.seen.gain == pytest.approx(0.1, abs=0.05)
    fleet.until("has ended: promoted")
    (tried,) = TuningMemory.of(fleet.memory).tried
    assert (tried.promoted, tried.began) == (True, running.began)
    assert tried.seen.low is not None
    assert tried.seen.low > 0
    assert len(tried.seen.blocks) > 16


def test_only_the_newest_experiments_keep_their_blocks() -> None:
    seen = SeenBlocks(blocks=(SeenBlock(other=True, seconds=1.0),), gain=0.1)
    memory = TuningMemory()
    for _ in range(MOST_SHOWN + 3):
        memory = memory.after(Tried(lever="relay_batch", present=1, other=2, at=START, end="enough", seen=seen))
    assert [len(one.seen.blocks) for one in memory.tried] == [0, 0, *[1] * (MOST_SHOWN + 1)]
    assert {one.seen.gain for one in memory.tried} == {0.1}


def short(fleet: Fleet) -> Sequence[Any]:
    return [one for one in fleet.look().findings or () if one.key == "short:healing"]


def test_where_the_most_slots_do_not_suffice_another_node_is_proposed() -> None:
    fleet = Fleet(usual={"healing_slots": 64}, waits=5.0)
    (told,) = short(fleet)
    assert told.title.endswith("and 64 slots are the most that a fleet may have")
    assert told.proposal.what.startswith("start another node with the pool (grace node healing)")
    fleet.waits = 0.1
    assert short(fleet) == []


def test_more_slots_that_did_not_help_show_that_machines_are_the_limit() -> None:
    fleet = Fleet(usual={"healing_slots": 8}, waits=5.0)
    assert short(fleet) == []
    pair = {"lever": "healing_slots", "present": 8, "other": 12}
    tried = Tried(**pair, at=fleet.at, end="no gain was seen in 60 blocks", seen=SeenBlocks(gain=0.001))
    fleet.memory = TuningMemory(tried=(tried,)).model_dump(mode="json")
    (told,) = short(fleet)
    assert "12 slots were tried on 2026-06-01 and did not help" in told.title


def test_where_the_nodes_are_a_target_a_person_is_asked_once_a_day_to_scale_it() -> None:
    nodes = PoolScale(target=TargetName("fleet-nodes"), wanted=3, highest=4)
    fleet = Fleet(usual={"healing_slots": 64}, waits=5.0, scales={"healing": nodes}, grants=False)
    asked = [[one for one in fleet.look().plans if one.name == "scale_out_healing"] for _ in range(49)]
    (first, again) = (one for one in asked if one)
    assert (len(first), len(again)) == (1, 1)
    plan = first[0]
    assert (plan.target, plan.mode, plan.steps[0].params) == ("fleet-nodes", "review", {"count": 4})
    fleet.scales = {"healing": replace(nodes, wanted=4)}
    (told,) = short(fleet)
    assert told.proposal.what.startswith("raise the bounds of fleet-nodes, which allow 4 instances")


def test_a_pool_without_work_for_its_blocks_has_no_lever_tried() -> None:
    usual, seconds = {"coding_slots": 5}, timedelta(seconds=0.1)
    for jobs, names in ((24 * 19, []), (24 * 20, ["try_coding_slots"])):
        work = {"coding": (BlockFigures(jobs=jobs, seconds=1.0, service=seconds), BLOCK * BEFORE)}
        fleet = Fleet(usual=usual)
        look = replace(DEFINITION.read(fleet), work=work, present=usual)
        assert [one.name for one in DEFINITION.judge(look, None, START).plans] == names
