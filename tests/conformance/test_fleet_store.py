"""Every fleet store: who is changed, drained, led and relieved. Memory and PostgreSQL keep one set of rules."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from grace_workers.adapters.memory.clock import FakeClock
from grace_workers.adapters.memory.desk import MemoryClaimDesk
from grace_workers.adapters.memory.ledger import MemoryLedger
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.instances import PostgresInstances
from grace_workers.adapters.postgres.jobs.desk import PostgresClaimDesk
from grace_workers.adapters.postgres.leader import LeaderLease
from grace_workers.adapters.postgres.transaction import PostgresLedger
from grace_workers.fleet import LEADER, Health, Instance, Lease, Move, QuarantineRules
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration import fleet_care
from grace_workers.orchestration.jobs import Claim, FencedError, JobRequest, JobState, Pool, Succeeded
from grace_workers.orchestration.keeping import FleetKeeper

ALICE, BOB = InstanceName("alice"), InstanceName("bob")
HOLDER = InstanceName("alice:1")
QUICK = QuarantineRules(sick_for=timedelta(0), attempts=2, canaries=1, validate_within=timedelta(seconds=20))


class MemoryWorld:
    def __init__(self):
        self.clock = FakeClock()
        self.ledger = MemoryLedger(self.clock)
        self.desk = MemoryClaimDesk(self.ledger)

    def register(self, name, pools=("healing",)):
        with self.ledger.transaction() as tx:
            tx.fleet.register(name, pools=pools, roles=("control",))

    def beat(self, *names):
        with self.ledger.transaction() as tx:
            for name in names:
                tx.fleet.beat(name)

    def score(self, name, score):
        with self.ledger.transaction() as tx:
            known = {one.name: one for one in tx.fleet.instances()}[name]
            tx.table("instances")[name] = type(known)(**{**_fields(known), "score": score})

    def lead(self):
        lease = Lease(name=LEADER, holder=HOLDER, epoch=1, renewed=0.0)
        with self.ledger.transaction() as tx:
            tx.fleet.grant(lease, self.clock.now() + timedelta(hours=1))
        return lease

    def pass_time(self, span):
        self.clock.advance(span)
        with self.ledger.transaction() as tx:
            for one in tx.fleet.instances():
                tx.fleet.beat(one.name)

    def actions(self):
        return [entry.action for entry in self.ledger.entries]


class PostgresWorld:
    def __init__(self, engine):
        self.engine = engine
        self.clock = FakeClock(datetime.now(UTC))
        self.ledger = PostgresLedger(engine)
        self.desk = PostgresClaimDesk(engine, patience=timedelta(0))
        self.members = PostgresInstances(engine)

    def register(self, name, pools=("healing",)):
        self.members.register(name, pools=pools, roles=("control",))

    def score(self, name, score):
        self._run("UPDATE instances SET score = :score WHERE name = :name", name=name, score=score)

    def lead(self):
        lease = LeaderLease(self.engine, HOLDER, ttl=timedelta(hours=1))
        assert lease.hold_once()
        return lease.lease

    def pass_time(self, span):
        self._run("UPDATE instances SET health_at = health_at - :span, drain_until = drain_until - :span", span=span)

    def actions(self):
        with self.engine.connect() as connection:
            return list(connection.execute(text("SELECT entry->>'action' FROM audit_inbox ORDER BY id")).scalars())

    def _run(self, statement, **values):
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)


def _fields(instance):
    return {name: getattr(instance, name) for name in Instance.__dataclass_fields__}


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
    return {one.name: one for one in fleet_care.status(world).instances}[name]


def submit(world, **fields):
    with world.ledger.transaction() as tx:
        return tx.jobs.submit([JobRequest(name="noop", pool=Pool.HEALING, **fields)])[0]


def job(world, wanted):
    with world.ledger.transaction() as tx:
        return tx.jobs.get(wanted.id)


def running(world, name=ALICE, **fields) -> Claim:
    claim = world.desk.claim(submit(world, **fields).id, name)
    assert claim is not None
    return claim


def quarantined(world, name=ALICE, **options):
    return fleet_care.quarantine(world, name, **{"reason": "looks odd", "by": "ann", **options})


def turn(world, keeper, *, until=None):
    moves = keeper.look_once()
    return moves[0].after if moves else until


def repaired(world, name=ALICE):
    fleet_care.repaired(world, find(world, name), why="self-tests pass")


def test_quarantine_takes_the_jobs_away_fences_them_and_leaves_private_ones(world):
    shared, private = running(world), running(world, only_on=ALICE)
    found = quarantined(world)
    assert (found.health, found.held, found.reason) == (Health.QUARANTINED, True, "looks odd")
    assert job(world, shared.job).state is JobState.QUEUED
    assert world.desk.finish(shared, Succeeded()) is None
    assert world.desk.finish(private, Succeeded()) is not None
    assert world.desk.claim(shared.job.id, BOB) is not None


def test_who_is_set_apart_takes_only_what_is_bound_to_it(world):
    quarantined(world)
    with pytest.raises(TransientError, match="alice is quarantined"):
        world.desk.claim(submit(world).id, ALICE)
    assert world.desk.claim(submit(world, only_on=ALICE).id, ALICE) is not None
    assert world.desk.claim(submit(world, only_on=ALICE).id, BOB) is None


def test_a_private_job_needs_no_place_of_the_fleet(world):
    for _ in range(5):
        running(world, BOB)
    assert world.desk.claim(submit(world).id, ALICE) is None
    assert world.desk.claim(submit(world, only_on=ALICE).id, ALICE) is not None


def test_a_draining_instance_takes_nothing_at_all(world):
    kept = running(world)
    drained = fleet_care.drain(world, ALICE, grace=timedelta(seconds=30), by="ann")
    assert drained.health is Health.DRAINING
    assert drained.drain_left is not None
    assert timedelta(seconds=25) < drained.drain_left <= timedelta(seconds=30)
    for bound in (None, ALICE):
        with pytest.raises(TransientError, match="alice is draining"):
            world.desk.claim(submit(world, only_on=bound).id, ALICE)
    assert world.desk.finish(kept, Succeeded()) is not None


def test_a_second_drain_may_shorten_the_first_but_not_lengthen_it(world):
    fleet_care.drain(world, ALICE, grace=timedelta(seconds=30), by="ann")
    for grace, most in ((5, 5), (60, 5)):
        drained = fleet_care.drain(world, ALICE, grace=timedelta(seconds=grace), by="ann")
        assert drained.drain_left is not None
        assert drained.drain_left <= timedelta(seconds=most)
    assert world.actions().count("instance.draining") == 1


def test_the_last_healthy_instance_is_quarantined_only_by_force(world):
    quarantined(world, BOB)
    with pytest.raises(ConflictError, match="alice is the last healthy instance that serves control, healing"):
        quarantined(world, ALICE)
    assert find(world).health is Health.HEALTHY
    assert quarantined(world, ALICE, force=True).health is Health.QUARANTINED


def test_an_unknown_name_is_answered_with_the_known_ones(world):
    for act in (
        lambda: quarantined(world, "nobody"),
        lambda: fleet_care.rejoin(world, "nobody", by="ann"),
        lambda: fleet_care.drain(world, "nobody", grace=timedelta(0), by="ann"),
    ):
        with pytest.raises(NotFoundError, match="no instance 'nobody' in this fleet; known: alice, bob"):
            act()


def test_wrong_orders_are_refused_in_a_sentence(world):
    with pytest.raises(InputError, match="needs a reason"):
        quarantined(world, reason=" ")
    with pytest.raises(InputError, match="a grace of -1 s"):
        fleet_care.drain(world, ALICE, grace=timedelta(seconds=-1), by="ann")
    with pytest.raises(ConflictError, match="alice is healthy, not set apart"):
        fleet_care.rejoin(world, ALICE, by="ann")
    fleet_care.drain(world, ALICE, grace=timedelta(0), by="ann")
    with pytest.raises(ConflictError, match="alice is draining"):
        quarantined(world)


def test_a_move_holds_only_while_the_instance_is_as_it_was_judged(world):
    instance = find(world)
    move = Move(name=ALICE, epoch=instance.epoch, before=Health.HEALTHY, after=Health.QUARANTINED, why="sick")
    world.register(ALICE)
    with world.ledger.transaction() as tx:
        assert tx.fleet.change(move) is None
    assert find(world).health is Health.HEALTHY


def test_who_was_set_apart_stays_so_under_its_next_epoch(world):
    quarantined(world)
    world.register(ALICE)
    found = find(world)
    assert (found.epoch, found.health, found.held) == (2, Health.QUARANTINED, True)


def test_the_leader_steps_down_for_another_and_only_then(world):
    world.lead()
    assert fleet_care.status(world).leader.instance == ALICE
    quarantined(world, BOB)
    with pytest.raises(ConflictError, match="alice leads and no other healthy node could"):
        fleet_care.failover(world, by="ann")
    assert fleet_care.status(world).leader is not None
    world.register(InstanceName("carol"))
    assert fleet_care.failover(world, by="ann") == ALICE
    assert fleet_care.status(world).leader is None
    with pytest.raises(ConflictError, match="no node leads at this moment"):
        fleet_care.failover(world, by="ann")


def test_a_leader_that_is_set_apart_or_drained_gives_up_the_lead(world):
    world.lead()
    quarantined(world, ALICE)
    assert fleet_care.status(world).leader is None


def test_the_keeper_repairs_validates_and_lets_back_in(world):
    lease = world.lead()
    keeper = FleetKeeper(world, lambda: lease, rules=QUICK)
    world.score(BOB, 0.1)
    held = running(world, BOB)
    assert turn(world, keeper) is Health.QUARANTINED
    assert job(world, held.job).state is JobState.QUEUED
    assert turn(world, keeper) is Health.REPAIRING
    assert turn(world, keeper) is None
    repaired(world, BOB)
    assert turn(world, keeper) is None
    with world.ledger.transaction() as tx:
        (canary,) = tx.jobs.find(name="system.canary")
    assert (canary.only_on, canary.pool) == (BOB, Pool.HEALING)
    assert turn(world, keeper) is None
    claim = world.desk.claim(canary.id, BOB)
    world.desk.finish(claim, Succeeded())
    assert turn(world, keeper) is Health.HEALTHY
    course = ["quarantined", "repairing", "validating", "healthy"]
    told = [action.removeprefix("instance.") for action in world.actions() if action.startswith("instance.")]
    assert told[-4:] == course


def test_the_keeper_retires_who_fails_its_validations_and_a_person_may_try_again(world):
    lease = world.lead()
    keeper = FleetKeeper(world, lambda: lease, rules=QUICK)
    quarantined(world, BOB)
    fleet_care.rejoin(world, BOB, by="ann")
    for after in (Health.REPAIRING, Health.RETIRED):
        repaired(world, BOB)
        assert turn(world, keeper) is None
        world.pass_time(QUICK.validate_within + timedelta(seconds=1))
        assert turn(world, keeper) is after
    with world.ledger.transaction() as tx:
        assert {one.state for one in tx.jobs.find(name="system.canary")} == {JobState.CANCELLED}
    assert find(world, BOB).retired_at is not None
    fleet_care.rejoin(world, BOB, by="ann")
    repaired(world, BOB)
    assert turn(world, keeper) is None
    with world.ledger.transaction() as tx:
        assert [one.state for one in tx.jobs.find(name="system.canary")].count(JobState.QUEUED) == 1


def test_the_keeper_hands_over_what_a_drain_has_no_more_time_for(world):
    lease = world.lead()
    keeper = FleetKeeper(world, lambda: lease, rules=QUICK)
    held = running(world, BOB)
    fleet_care.drain(world, BOB, grace=timedelta(seconds=10), by="ann")
    keeper.look_once()
    assert job(world, held.job).state is JobState.RUNNING
    world.pass_time(timedelta(seconds=11))
    keeper.look_once()
    assert job(world, held.job).state is JobState.QUEUED


def test_a_keeper_that_no_longer_leads_changes_nothing(world):
    lease = world.lead()
    world.score(BOB, 0.1)
    stale = Lease(name=lease.name, holder=lease.holder, epoch=lease.epoch + 1, renewed=0.0)
    with pytest.raises(FencedError):
        FleetKeeper(world, lambda: stale, rules=QUICK).look_once()
    assert find(world, BOB).health is Health.HEALTHY
