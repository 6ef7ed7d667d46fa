import pytest

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.cycles import FLEET, LeverSetting, Tried, TuningMemory, UnderTest, declared_levers
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.orchestration.levers import LeverExperiments, changing, experiments, levers
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.testing import MemoryLimits, MemoryWorld
from tests.builders import Ward


def test_every_lever_is_shown_with_its_value_and_what_was_set_of_it() -> None:
    ward = Ward()
    limits = {one.name: Limit(name=one.name, value=60, lowest=1, highest=99) for one in declared_levers()}
    object.__setattr__(ward.line, "world", MemoryWorld(roles={(FLEET, ServiceLimits): MemoryLimits(limits)}))
    setting = LeverSetting(name="relay_batch", value=60, trial=90)
    with ward.ledger.transaction() as tx:
        tx[LeverStore].save(setting, ward.clock.now())
    found = {one.lever.name: one for one in levers(ward.line)}
    assert list(found) == list(declared_levers().names)
    assert (found["relay_batch"].value, found["relay_batch"].setting) == (60, setting)
    assert found["seal_every"].setting == LeverSetting(name="seal_every")


@pytest.mark.parametrize(("trial", "limit"), [(False, "relay_batch"), (True, "relay_batch_on_trial")])
def test_a_lever_is_changed_by_a_plan_that_looks_whether_the_value_is_in_force(trial: bool, limit: str) -> None:
    plan = changing("relay_batch", 750, "bursts", trial=trial)
    assert (plan.target, plan.steps[0].params) == (FLEET, {"limit": limit, "value": 750})
    assert [(one.check, one.params, one.bound) for one in plan.expectations] == [
        ("service_limit", {"limit": limit}, 750)
    ]


def test_what_is_no_lever_or_out_of_bounds_is_refused() -> None:
    with pytest.raises(NotFoundError, match="unknown lever 'ghost'; known: coding_slots"):
        changing("ghost", 1, "why", trial=False)
    with pytest.raises(InputError, match="lever 'seal_every' may be 10 to 1000 ms, not 1"):
        changing("seal_every", 1, "why", trial=True)


def test_experiments_are_what_the_optimiser_remembers_the_newest_first() -> None:
    ward = Ward()
    assert experiments(ward.ledger) == LeverExperiments(running=None, past=())
    now = ward.clock.now()
    pair = {"lever": "relay_batch", "present": 500, "other": 750}
    tried = [Tried(**pair, at=now, end=end) for end in ("first", "second")]
    running = UnderTest(**pair, why="the next value in the search", began=now)
    memory = TuningMemory(running=running, tried=tuple(tried))
    with ward.ledger.transaction() as tx:
        tx.cycle_states.write("cycle.optimiser", memory.model_dump(mode="json"), now)
    assert experiments(ward.ledger) == LeverExperiments(running=running, past=tuple(tried[::-1]))
