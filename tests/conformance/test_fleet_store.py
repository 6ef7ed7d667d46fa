"""Every fleet store: who is changed, drained, leads and steps down. Memory and PostgreSQL follow one set of rules."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.fleet import HealthChange, Instance, InstanceHealth, Lease, QuarantineRules
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.fleet import operations
from grace_workers.orchestration.fleet.quarantine import QuarantineController
from grace_workers.orchestration.job import Claim, FencedError, JobRequest, JobState, Pool, Succeeded
from tests.conformance.fleet_worlds import ALICE, BOB, Hindsight, MemoryWorld, PostgresWorld

QUICK = QuarantineRules(sick_for=timedelta(0), attempts=2, canaries=1, validate_within=timedelta(seconds=20))


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.servers)])
def world(request) -> Iterator[MemoryWorld | PostgresWorld]:
    if request.param == "memory":
        made = MemoryWorld()
        made.register(ALICE)
        made.register(BOB)
        yield made
        return
    engine = make_engine(request.getfixturevalue("database_url"))
    made = PostgresWorld(engine)
    made.register(ALICE)
    made.register(BOB)
    yield made
    engine.dispose()


def find(world, name=ALICE) -> Instance:
    return {one.name: one for one in operations.status(world).instances}[name]


def submit(world, **fields):
    with world.ledger.transaction() as tx:
        return tx.jobs.submit([JobRequest(name="noop", pool=Pool.HEALING, **fields)])[0]


def job(world, wanted):
    with world.ledger.transaction() as tx:
        return tx.jobs.get(wanted.id)


def running(world, name=ALICE, **fields) -> Claim:
    claim = world.claimer.claim(submit(world, **fields).id, name)
    assert claim is not None
    return claim


def quarantined(world, name=ALICE, **options):
    return operations.quarantine(world, name, **{"reason": "looks odd", "by": "ann", **options})


def turn(world, keeper, *, until=None):
    moves = keeper.look_once()
    return moves[0].after if moves else until


def repaired(world, name=ALICE):
    operations.repaired(world, find(world, name), why="self-tests pass")


def test_quarantine_takes_the_jobs_away_fences_them_and_leaves_private_ones(world):
    shared, private = running(world), running(world, only_on=ALICE)
    found = quarantined(world)
    assert (found.health, found.held, found.reason) == (InstanceHealth.QUARANTINED, True, "looks odd")
    assert job(world, shared.job).state is JobState.QUEUED
    assert world.claimer.finish(shared, Succeeded()) is None
    assert world.claimer.finish(private, Succeeded()) is not None
    assert world.claimer.claim(shared.job.id, BOB) is not None


def test_a_quarantined_instance_takes_only_jobs_bound_to_it(world):
    quarantined(world)
    with pytest.raises(TransientError, match="alice is quarantined"):
        world.claimer.claim(submit(world).id, ALICE)
    assert world.claimer.claim(submit(world, only_on=ALICE).id, ALICE) is not None
    assert world.claimer.claim(submit(world, only_on=ALICE).id, BOB) is None


def test_a_private_job_needs_no_place_of_the_fleet(world):
    for _ in range(5):
        running(world, BOB)
    assert world.claimer.claim(submit(world).id, ALICE) is None
    assert world.claimer.claim(submit(world, only_on=ALICE).id, ALICE) is not None


def test_a_draining_instance_takes_nothing_at_all(world):
    kept = running(world)
    drained = operations.drain(world, ALICE, grace=timedelta(seconds=30), by="ann")
    assert drained.health is InstanceHealth.DRAINING
    assert drained.drain_left is not None
    assert timedelta(seconds=25) < drained.drain_left <= timedelta(seconds=30)
    for bound in (None, ALICE):
        with pytest.raises(TransientError, match="alice is draining"):
            world.claimer.claim(submit(world, only_on=bound).id, ALICE)
    assert world.claimer.finish(kept, Succeeded()) is not None


def test_a_second_drain_may_shorten_the_first_but_not_lengthen_it(world):
    operations.drain(world, ALICE, grace=timedelta(seconds=30), by="ann")
    for grace, most in ((5, 5), (60, 5)):
        drained = operations.drain(world, ALICE, grace=timedelta(seconds=grace), by="ann")
        assert drained.drain_left is not None
        assert drained.drain_left <= timedelta(seconds=most)
    assert world.actions().count("instance.draining") == 1


def test_the_last_healthy_instance_is_quarantined_only_by_force(world):
    quarantined(world, BOB)
    with pytest.raises(ConflictError, match="alice is the last healthy instance that serves control, healing"):
        quarantined(world, ALICE)
    assert find(world).health is InstanceHealth.HEALTHY
    assert quarantined(world, ALICE, force=True).health is InstanceHealth.QUARANTINED


def test_an_unknown_name_is_answered_with_the_known_ones(world):
    for act in (
        lambda: quarantined(world, "nobody"),
        lambda: operations.rejoin(world, "nobody", by="ann"),
        lambda: operations.drain(world, "nobody", grace=timedelta(0), by="ann"),
    ):
        with pytest.raises(NotFoundError, match="no instance 'nobody' in this fleet; known: alice, bob"):
            act()


def test_wrong_orders_are_refused_in_a_sentence(world):
    with pytest.raises(InputError, match="needs a reason"):
        quarantined(world, reason=" ")
    with pytest.raises(InputError, match="a grace of -1 s"):
        operations.drain(world, ALICE, grace=timedelta(seconds=-1), by="ann")
    with pytest.raises(ConflictError, match="alice is healthy, not quarantined"):
        operations.rejoin(world, ALICE, by="ann")
    operations.drain(world, ALICE, grace=timedelta(0), by="ann")
    with pytest.raises(ConflictError, match="alice is draining"):
        quarantined(world)


def test_a_move_holds_only_while_the_instance_is_as_it_was_judged(world):
    instance = find(world)
    move = HealthChange(
        name=ALICE, epoch=instance.epoch, before=InstanceHealth.HEALTHY, after=InstanceHealth.QUARANTINED, why="sick"
    )
    world.register(ALICE)
    with world.ledger.transaction() as tx:
        assert tx.fleet.change(move) is None
    assert find(world).health is InstanceHealth.HEALTHY


def test_a_quarantined_instance_stays_quarantined_under_its_next_epoch(world):
    quarantined(world)
    world.register(ALICE)
    found = find(world)
    assert (found.epoch, found.health, found.held) == (2, InstanceHealth.QUARANTINED, True)


@pytest.mark.parametrize("apart", [InstanceHealth.QUARANTINED, InstanceHealth.RETIRED])
def test_a_quarantined_instance_stays_quarantined_after_a_drain_and_restart(world, apart):
    quarantined(world, reason="its disk is failing")
    if apart is InstanceHealth.RETIRED:
        move = HealthChange(
            name=ALICE, epoch=1, before=InstanceHealth.QUARANTINED, after=apart, why="its disk is failing"
        )
        with world.ledger.transaction() as tx:
            tx.fleet.change(move)
    assert (
        operations.drain(world, ALICE, grace=timedelta(0), by="ann", reason="it stops").health
        is InstanceHealth.DRAINING
    )
    world.register(ALICE)
    found = find(world)
    assert (found.epoch, found.health, found.reason) == (2, apart, "its disk is failing")
    assert operations.rejoin(world, ALICE, by="ann").health is InstanceHealth.REPAIRING


def test_the_leader_steps_down_for_another_and_only_then(world):
    world.lead()
    assert operations.status(world).leader.instance == ALICE
    assert timedelta(0) < operations.status(world).leader.left <= timedelta(hours=1)
    quarantined(world, BOB)
    with pytest.raises(ConflictError, match="alice leads and no other healthy node could"):
        operations.failover(world, by="ann")
    assert operations.status(world).leader is not None
    world.register(InstanceName("carol"))
    assert operations.failover(world, by="ann") == ALICE
    assert operations.status(world).leader is None
    with pytest.raises(ConflictError, match="no node leads at the moment"):
        operations.failover(world, by="ann")


def test_a_quarantined_or_drained_leader_gives_up_the_lead(world):
    world.lead()
    quarantined(world, ALICE)
    assert operations.status(world).leader is None


def test_a_shared_failure_quarantines_no_instance_and_resets_the_count_once_one_recovers(world):
    lease, times = world.lead(), iter([100.0, 102.0, 104.0, 106.0, 108.0])
    rules = QuarantineRules(sick_for=timedelta(seconds=3))
    keeper = QuarantineController(world, lambda: lease, rules=rules, monotonic=lambda: next(times))
    for name in (ALICE, BOB):
        world.score(name, 0.1)
    assert [turn(world, keeper) for _ in range(3)] == [None] * 3
    world.score(ALICE, 1.0)
    assert turn(world, keeper) is None
    assert turn(world, keeper) is InstanceHealth.QUARANTINED


def test_the_keeper_repairs_validates_and_lets_back_in(world):
    lease = world.lead()
    keeper = QuarantineController(world, lambda: lease, rules=QUICK)
    world.score(BOB, 0.1)
    held = running(world, BOB)
    assert turn(world, keeper) is InstanceHealth.QUARANTINED
    assert job(world, held.job).state is JobState.QUEUED
    assert turn(world, keeper) is InstanceHealth.REPAIRING
    assert turn(world, keeper) is None
    repaired(world, BOB)
    assert turn(world, keeper) is None
    with world.ledger.transaction() as tx:
        (canary,) = tx.jobs.find(names=["system.canary"])
    assert (canary.only_on, canary.pool) == (BOB, Pool.HEALING)
    assert turn(world, keeper) is None
    claim = world.claimer.claim(canary.id, BOB)
    world.claimer.finish(claim, Succeeded())
    assert turn(world, keeper) is InstanceHealth.HEALTHY
    course = ["quarantined", "repairing", "validating", "healthy"]
    told = [action.removeprefix("instance.") for action in world.actions() if action.startswith("instance.")]
    assert told[-4:] == course


def test_the_keeper_retires_who_fails_its_validations_and_a_person_may_try_again(world):
    lease = world.lead()
    keeper = QuarantineController(world, lambda: lease, rules=QUICK)
    quarantined(world, BOB)
    operations.rejoin(world, BOB, by="ann")
    for after in (InstanceHealth.REPAIRING, InstanceHealth.RETIRED):
        repaired(world, BOB)
        assert turn(world, keeper) is None
        world.pass_time(QUICK.validate_within + timedelta(seconds=1))
        assert turn(world, keeper) is after
    with world.ledger.transaction() as tx:
        assert {one.state for one in tx.jobs.find(names=["system.canary"])} == {JobState.CANCELLED}
    assert find(world, BOB).retired_at is not None
    operations.rejoin(world, BOB, by="ann")
    repaired(world, BOB)
    assert turn(world, keeper) is None
    with world.ledger.transaction() as tx:
        assert [one.state for one in tx.jobs.find(names=["system.canary"])].count(JobState.QUEUED) == 1


def test_a_repair_that_takes_too_long_counts_as_failed_though_it_ends_well(world):
    lease = world.lead()
    keeper = QuarantineController(world, lambda: lease, rules=QUICK)
    quarantined(world, BOB)
    begun = operations.rejoin(world, BOB, by="ann")
    world.pass_time(QUICK.repair_within + timedelta(seconds=1))
    assert turn(world, keeper) is InstanceHealth.REPAIRING
    assert operations.repaired(world, begun, why="self-tests pass").attempts == 1
    world.pass_time(QUICK.validate_within + timedelta(seconds=1))
    assert turn(world, keeper) is InstanceHealth.RETIRED


def test_the_keeper_hands_over_what_a_drain_has_no_more_time_for(world):
    lease = world.lead()
    keeper = QuarantineController(world, lambda: lease, rules=QUICK)
    held = running(world, BOB)
    operations.drain(world, BOB, grace=timedelta(seconds=10), by="ann")
    keeper.look_once()
    assert job(world, held.job).state is JobState.RUNNING
    world.pass_time(timedelta(seconds=11))
    keeper.look_once()
    # The node ends its own processes first, so that nothing runs twice at a time.
    assert job(world, held.job).state is JobState.RUNNING
    world.pass_time(QUICK.end_within)
    keeper.look_once()
    assert job(world, held.job).state is JobState.QUEUED


def test_a_node_without_pools_is_validated_by_its_score(world):
    lease = world.lead()
    keeper = QuarantineController(world, lambda: lease, rules=QUICK)
    standby = InstanceName("standby")
    world.register(standby, pools=())
    quarantined(world, standby)
    operations.rejoin(world, standby, by="ann")
    repaired(world, standby)
    world.score(standby, 0.1)
    assert turn(world, keeper) is None
    world.score(standby, 1.0)
    assert turn(world, keeper) is InstanceHealth.HEALTHY


def test_a_node_that_changed_while_it_was_judged_is_judged_again(world):
    lease = world.lead()
    world.score(BOB, 0.1)
    held = running(world, BOB)
    assert QuarantineController(Hindsight(world), lambda: lease, rules=QUICK).look_once() == []
    assert (find(world, BOB).health, job(world, held.job).state) == (InstanceHealth.HEALTHY, JobState.RUNNING)
    assert turn(world, QuarantineController(world, lambda: lease, rules=QUICK)) is InstanceHealth.QUARANTINED


def test_what_is_bound_to_an_instance_that_is_gone_is_cancelled(world):
    lease = world.lead()
    keeper = QuarantineController(world, lambda: lease, rules=QUICK)
    lost, kept = submit(world, only_on=BOB), submit(world, only_on=ALICE)
    keeper.look_once()
    assert job(world, lost).state is JobState.QUEUED
    world.end(BOB)
    keeper.look_once()
    assert (job(world, lost).state, job(world, kept).state) == (JobState.CANCELLED, JobState.QUEUED)


def test_a_keeper_that_no_longer_leads_changes_nothing(world):
    lease = world.lead()
    world.score(BOB, 0.1)
    stale = Lease(name=lease.name, holder=lease.holder, epoch=lease.epoch + 1, renewed=0.0)
    with pytest.raises(FencedError):
        QuarantineController(world, lambda: stale, rules=QUICK).look_once()
    assert find(world, BOB).health is InstanceHealth.HEALTHY
