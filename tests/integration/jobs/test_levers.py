"""The fleet's levers take effect in claims and relays without a restart."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from grace_workers.actions import ServiceLimits
from grace_workers.actions.primitives.set_limit import DEFINITION, SetLimitParams
from grace_workers.adapters.fleet_world import FleetWorld
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.relay import Relay
from grace_workers.adapters.postgres.jobs.tuned import Levers
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.cycles import FLEET, ON_TRIAL, LeverSetting, LeverStep, Schedule
from grace_workers.cycles.experiments import Arm, arm_of
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Job, Pool, SlotLimits
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.orchestration.work.levers import turn
from grace_workers.settings import Settings
from grace_workers.testing import MemoryWorld
from tests.memory.doorbells import MemoryDoorbells

pytestmark = pytest.mark.servers
ALICE = InstanceName("alice")
Submit = Callable[..., Job]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def limits(engine: Engine) -> ServiceLimits:
    return FleetWorld(MemoryWorld(), (), engine, Settings().levers).role(FLEET, ServiceLimits)


def test_a_plan_s_step_sets_a_lever_and_its_restore_brings_back_the_settings(
    limits: ServiceLimits, ledger: PostgresLedger
) -> None:
    params = SetLimitParams(limit="relay_batch", value=750)
    kept = DEFINITION.snapshot(limits, params)
    assert DEFINITION.apply(limits, params, kept).detail == "limit relay_batch is now 750 (was 500)"
    DEFINITION.restore(limits, params, kept)
    assert DEFINITION.restored(limits, params, kept)
    with ledger.transaction() as tx:
        assert tx[LeverStore].settings() == {"relay_batch": LeverSetting(name="relay_batch")}


def test_what_is_no_lever_or_out_of_its_bounds_is_refused(limits: ServiceLimits) -> None:
    with pytest.raises(NotFoundError, match="the fleet has no lever 'ghost'; it has: coding_slots, express_slots"):
        limits.limit("ghost")
    with pytest.raises(InputError, match="may be 50 to 5000, not 7"):
        DEFINITION.preview(limits, SetLimitParams(limit="relay_batch", value=7))
    with pytest.raises(InputError, match="'seal_every' may be 10 to 1000 ms"):
        limits.set_limit("seal_every", 1)


def test_slots_that_were_raised_let_the_next_claim_run(engine: Engine, submit: Submit, limits: ServiceLimits) -> None:
    usual = SlotLimits(total=1, per_pool={Pool.HEALING: 1}, express=0)
    claimer = PostgresJobClaimer(engine, limits=usual, levers=Levers(engine, fresh_for=0))
    relay = Relay(engine, MemoryDoorbells(), limits=usual, again=timedelta(0))
    relay.levers = Levers(engine, fresh_for=0)
    jobs = [submit(pool=Pool.HEALING) for _ in range(3)]
    assert [claimer.claim(job.id, ALICE) is not None for job in jobs] == [True, False, False]
    limits.set_limit("healing_slots", 2)
    assert relay.pass_once() == 1
    assert [claimer.claim(job.id, ALICE) is not None for job in jobs[1:]] == [True, False]


def test_a_relay_rings_a_batch_as_large_as_its_lever(engine: Engine, submit: Submit, limits: ServiceLimits) -> None:
    levers = Levers(engine, fresh_for=0)
    relay = Relay(engine, MemoryDoorbells())
    relay.levers = levers
    for _ in range(60):
        submit()
    limits.set_limit("relay_batch", 50)
    assert levers.value("relay_batch", 500) == 50
    assert [relay.pass_once(), relay.pass_once()] == [50, 10]


def test_a_value_on_trial_holds_in_its_block_alone(
    engine: Engine, ledger: PostgresLedger, limits: ServiceLimits
) -> None:
    limits.set_limit(f"relay_batch{ON_TRIAL}", 750)
    levers, now = Levers(engine, fresh_for=0), SystemClock().now()
    assert levers.value("relay_batch", 500) == 500
    seed = next(seed for seed in range(99) if arm_of(seed, 0) is Arm.OTHER)
    for began, value in ((now - MINUTE / 2, 750), (now - 2 * MINUTE, 500)):
        times = Schedule(seed=seed, began=began, block=MINUTE, until=began + MINUTE)
        with ledger.transaction() as tx:
            turn(tx, LeverStep(lever="relay_batch", schedule=times), now, by="cycle:optimiser")
        assert levers.value("relay_batch", 500) == value
    limits.put_back_limit(f"relay_batch{ON_TRIAL}", None)
    assert limits.limit(f"relay_batch{ON_TRIAL}").value is None


def test_levers_are_read_at_most_once_a_second(engine: Engine, limits: ServiceLimits) -> None:
    levers = Levers(engine)
    assert levers.value("relay_batch", 500) == 500
    limits.set_limit("relay_batch", 750)
    assert levers.value("relay_batch", 500) == 500
    assert Levers(engine).value("relay_batch", 500) == 750
