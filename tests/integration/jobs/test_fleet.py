"""Instances, leader, schedule and sweep on a real database."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances, Reaper
from grace_workers.adapters.postgres.fleet.kernel_facts import DatabaseFacts
from grace_workers.adapters.postgres.fleet.leader import LeaderLease
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.relay import Relay
from grace_workers.adapters.postgres.jobs.schedule import PostgresSchedule
from grace_workers.adapters.postgres.jobs.sweep import PATIENCE, Sweep
from grace_workers.cycles import Missed
from grace_workers.fleet import InstanceHealth
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import FencedError, HeldError, Job, JobState, Pool, Succeeded
from grace_workers.orchestration.work.schedule import ScheduleEntry, slot_at
from tests.memory.doorbells import MemoryDoorbells
from tests.waiting import until

pytestmark = pytest.mark.servers
ALICE, BOB = InstanceName("alice"), InstanceName("bob")
SOON = timedelta(milliseconds=400)
Submit = Callable[..., Job]
Sql = Callable[..., list[Any]]


def test_a_heartbeat_renews_and_reports_the_health(engine: Engine) -> None:
    instances = PostgresInstances(engine)
    node = instances.register(InstanceName("carol"), pools=["healing"], roles=["control"])
    later = instances.heartbeat(node, health=InstanceHealth.DEGRADED, score=0.5)
    assert later.heartbeat_at > node.heartbeat_at
    assert (later.health, later.score, later.epoch) == (InstanceHealth.DEGRADED, 0.5, 1)
    assert [node.name for node in instances.list_all()] == ["alice", "bob", "carol"]


def test_a_change_of_health_is_published_once(engine: Engine, sql: Sql) -> None:
    instances = PostgresInstances(engine)
    node = instances.register(InstanceName("carol"), pools=["healing"])
    for health in (InstanceHealth.HEALTHY, InstanceHealth.DEGRADED, InstanceHealth.DEGRADED, InstanceHealth.HEALTHY):
        node = instances.heartbeat(node, health=health)
    told = sql("SELECT body->>'change' FROM event_outbox WHERE key = 'carol' ORDER BY number")
    assert told == [("registered",), ("degraded",), ("recovered",)]


def test_a_silent_instance_is_declared_dead_and_its_jobs_go_back(engine: Engine, submit: Submit) -> None:
    instances, claimer, reaper = PostgresInstances(engine), PostgresJobClaimer(engine), Reaper(engine, dead_after=SOON)
    bob = instances.register(BOB, pools=[])
    alice = instances.register(ALICE, pools=[])
    claim = claimer.claim(submit().id, BOB)
    assert claim is not None

    def reap() -> list[Any]:
        instances.heartbeat(alice)
        return list(reaper.reap())

    returned = until(reap, within=5)
    assert [job.id for job in returned] == [claim.job.id]
    assert (returned[0].state, returned[0].attempt) == (JobState.QUEUED, 1)
    with pytest.raises(FencedError):
        instances.heartbeat(bob)
    instances.heartbeat(alice)
    assert claimer.finish(claim, Succeeded()) is None


def test_a_late_judgement_declares_no_instance_dead(engine: Engine, sql: Sql) -> None:
    instances, reaper = PostgresInstances(engine), Reaper(engine, dead_after=SOON)
    until_steady = time.monotonic() + 3 * SOON.total_seconds()
    while time.monotonic() < until_steady:
        for one in instances.list_all():
            instances.heartbeat(one)
        reaper.reap()
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%heartbeat_at < clock%'"
    silent = text("SELECT heartbeat_at < clock_timestamp() - make_interval(secs => :s) FROM instances WHERE name = :n")
    with engine.connect() as other, ThreadPoolExecutor(1) as hand:
        other.execute(text("LOCK TABLE instances IN ACCESS EXCLUSIVE MODE"))
        late = hand.submit(reaper.reap)
        until(lambda: sql(waiting), within=5)
        until(lambda: other.execute(silent, {"s": 2 * SOON.total_seconds(), "n": ALICE}).scalar_one(), within=5)
        other.commit()
        late.result()
    assert sql("SELECT count(*) FROM instances WHERE died_at IS NOT NULL") == [(0,)]


def test_a_reaper_that_has_just_started_judges_no_instance(engine: Engine, sql: Sql) -> None:
    sql("UPDATE instances SET heartbeat_at = now() - interval '1 hour'")
    assert Reaper(engine).reap() == []
    assert sql("SELECT count(*) FROM instances WHERE died_at IS NOT NULL") == [(0,)]


def test_an_instance_that_leaves_gives_its_jobs_back_at_once(engine: Engine, submit: Submit) -> None:
    instances, claimer = PostgresInstances(engine), PostgresJobClaimer(engine)
    bob = instances.register(BOB, pools=[])
    claim = claimer.claim(submit().id, BOB)
    instances.leave(bob)
    assert claim is not None
    assert claimer.claim(claim.job.id, ALICE) is not None
    instances.leave(bob)


def test_a_node_gives_back_what_a_lost_pool_process_ran(engine: Engine, submit: Submit) -> None:
    instances, claimer = PostgresInstances(engine), PostgresJobClaimer(engine)
    jobs = {pool: submit(pool=pool) for pool in (Pool.HEALING, Pool.CODING)}
    claims = {pool: claimer.claim(job.id, BOB) for pool, job in jobs.items()}
    assert [job.id for job in instances.give_back(BOB, Pool.HEALING)] == [jobs[Pool.HEALING].id]
    lost, kept = claims[Pool.HEALING], claims[Pool.CODING]
    assert lost is not None
    assert kept is not None
    assert claimer.finish(lost, Succeeded()) is None
    assert claimer.finish(kept, Succeeded()) is not None
    assert claimer.claim(jobs[Pool.HEALING].id, BOB) is not None


def test_a_bell_gives_back_the_attempt_that_answered_it_and_no_later_one(engine: Engine, submit: Submit) -> None:
    claimer, job = PostgresJobClaimer(engine), submit()
    early, late = uuid4(), uuid4()
    assert claimer.claim(job.id, BOB, bell=early) is not None
    assert claimer.give_back(job.id, BOB, bell=late) is None
    engine.dispose()
    until(lambda: was_given_back(claimer, job, early), within=10)
    assert claimer.claim(job.id, BOB, bell=late) is not None
    assert claimer.give_back(job.id, BOB, bell=early) is None


def test_a_bell_ends_no_attempt_whose_process_is_connected(engine: Engine, database_url: str, submit: Submit) -> None:
    mine = make_engine(database_url)
    claimer, other, job, bell = PostgresJobClaimer(mine), PostgresJobClaimer(engine), submit(), uuid4()
    claim = claimer.claim(job.id, BOB, bell=bell)
    assert claim is not None
    with pytest.raises(HeldError):
        other.give_back(job.id, BOB, bell=bell)
    assert claimer.finish(claim, Succeeded()) is not None
    assert other.give_back(job.id, BOB, bell=bell) is None
    mine.dispose()


def test_the_attempt_of_a_frozen_process_is_taken_over_after_ten_seconds(
    engine: Engine, database_url: str, submit: Submit, sql: Sql
) -> None:
    mine = make_engine(database_url)
    claimer, other, job, bell = PostgresJobClaimer(mine), PostgresJobClaimer(engine), submit(), uuid4()
    claim = claimer.claim(job.id, BOB, bell=bell)
    assert claim is not None
    sql("UPDATE jobs SET started_at = started_at - interval '10 seconds'")
    assert other.give_back(job.id, BOB, bell=bell) is not None
    assert claimer.finish(claim, Succeeded()) is None
    mine.dispose()


def was_given_back(claimer: PostgresJobClaimer, job: Job, bell: UUID) -> bool:
    """Return whether the server has noticed that the session of the attempt is gone."""
    try:
        return claimer.give_back(job.id, BOB, bell=bell) is not None
    except HeldError:
        return False


def test_an_older_process_of_the_same_name_is_fenced(engine: Engine) -> None:
    instances = PostgresInstances(engine)
    older = instances.register(BOB, pools=[])
    newer = instances.register(BOB, pools=[])
    assert newer.epoch == older.epoch + 1
    with pytest.raises(FencedError):
        instances.heartbeat(older)
    instances.heartbeat(newer)


def test_only_one_leads(engine: Engine) -> None:
    one, other = LeaderLease(engine, ALICE), LeaderLease(engine, BOB)
    assert [one.hold_once(), other.hold_once(), one.hold_once()] == [True, False, True]
    assert [one.is_leading(), other.is_leading()] == [True, False]


def test_a_standby_that_only_looks_writes_nothing(engine: Engine) -> None:
    LeaderLease(engine, ALICE).hold_once()
    standby, row = LeaderLease(engine, BOB), text("SELECT ctid::text, xmin::text, xmax::text FROM leases")
    with engine.connect() as connection:
        before = connection.execute(row).fetchall()
    assert not standby.hold_once()
    with engine.connect() as connection:
        assert connection.execute(row).fetchall() == before, "to lock the row is to write"


def test_a_released_lease_is_acquired_at_once_under_a_new_epoch(engine: Engine) -> None:
    one, other = LeaderLease(engine, ALICE), LeaderLease(engine, BOB)
    one.hold_once()
    epoch = one.lease.epoch
    one.release()
    assert other.hold_once()
    assert other.lease.epoch == epoch + 1
    assert not one.is_leading()


def test_a_leader_that_stops_renewing_stops_acting_before_another_starts(engine: Engine) -> None:
    one, other = LeaderLease(engine, ALICE), LeaderLease(engine, BOB)
    one.hold_once()
    overlaps = []

    def taken_over() -> bool:
        took = other.hold_once()
        overlaps.append(took and one.is_leading())
        return took

    until(taken_over, within=3)
    assert not any(overlaps)
    assert not one.hold_once()


def test_a_loop_reports_gain_and_loss_and_releases_at_the_end(engine: Engine) -> None:
    heard: list[bool] = []
    stop = threading.Event()
    one = LeaderLease(engine, ALICE)
    thread = threading.Thread(target=one.hold_loop, args=(stop, heard.append))
    thread.start()
    until(lambda: heard == [True], within=3)
    stop.set()
    thread.join(3)
    assert heard == [True, False]
    assert LeaderLease(engine, BOB).hold_once()


def test_two_beats_fire_one_slot_once(engine: Engine, sql: Sql) -> None:
    lease, entry = (
        LeaderLease(engine, ALICE),
        ScheduleEntry(name="telemetry", every=timedelta(seconds=60), job="telemetry", pool=Pool.ORCHESTRATION),
    )
    lease.hold_once()
    slots = [datetime(2026, 1, 1, 0, minute, tzinfo=UTC) for minute in range(3)]
    assert PostgresSchedule(engine, lease.confirm).fire(entry, slots[:2]) == 2
    assert PostgresSchedule(engine, lease.confirm).fire(entry, slots) == 1
    assert PostgresSchedule(engine, lease.confirm).last_slots() == {"telemetry": slots[2]}
    assert sql("SELECT count(*), count(DISTINCT dedupe_key) FROM jobs") == [(3, 3)]


def test_slots_that_a_clock_which_was_ahead_has_fired_hold_nothing_up_and_are_fired_in_their_time(
    engine: Engine, sql: Sql
) -> None:
    lease = LeaderLease(engine, ALICE)
    lease.hold_once()
    hour = timedelta(hours=1)
    entry = ScheduleEntry(name="goals", every=hour, job="cycle.goals", pool=Pool.ORCHESTRATION, missed=Missed.LAST)
    now = slot_at(datetime.now(UTC), hour)
    schedule = PostgresSchedule(engine, lease.confirm)
    assert schedule.fire(entry, [now - hour]) == 1
    assert schedule.fire(entry, [now + 5 * hour]) == 1
    assert schedule.last_slots() == {"goals": now - hour}
    assert [schedule.fire(entry, [now]) for _ in range(2)] == [1, 0]
    assert schedule.last_slots() == {"goals": now}
    sql("UPDATE jobs SET state = 'succeeded', ended_at = now()")
    assert schedule.fire(entry, [now + 5 * hour]) == 1


def test_the_slots_of_a_paused_entry_pass_without_a_job(engine: Engine, sql: Sql) -> None:
    lease = LeaderLease(engine, ALICE)
    lease.hold_once()
    entry = ScheduleEntry(name="goals", every=timedelta(hours=1), job="cycle.goals", pool=Pool.ORCHESTRATION)
    slots = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(2)]
    sql("INSERT INTO cycle_pauses VALUES ('goals', 'ann', 'the move', now())")
    assert PostgresSchedule(engine, lease.confirm).fire(entry, slots[:1]) == 0
    sql("DELETE FROM cycle_pauses")
    assert PostgresSchedule(engine, lease.confirm).fire(entry, slots) == 1
    assert sql("SELECT dedupe_key FROM jobs") == [(f"schedule:goals:{slots[1].isoformat()}",)]


def test_a_paused_entry_counts_as_looked_at_while_it_is_paused_and_just_after(engine: Engine, sql: Sql) -> None:
    lease = LeaderLease(engine, ALICE)
    lease.hold_once()
    minute = timedelta(minutes=1)
    entry = ScheduleEntry(name="triggers", every=minute, job="cycle.triggers", pool=Pool.ORCHESTRATION)
    facts = DatabaseFacts(engine, Path(), instance=ALICE, schedule=lambda: {"triggers": minute})
    sql("INSERT INTO cycle_pauses (name, by, reason, at) VALUES ('triggers', 'ann', 'noise', now())")
    now = datetime.now(UTC)
    PostgresSchedule(engine, lease.confirm).fire(entry, [now - 2 * minute, now - minute, now])
    [paused] = facts.slots()
    assert (paused.paused, paused.succeeded_age is not None and paused.succeeded_age < minute) == (True, True)
    sql("DELETE FROM cycle_pauses")
    [resumed] = facts.slots()
    assert (resumed.paused, resumed.succeeded_age is not None and resumed.succeeded_age < minute) == (False, True)


def test_one_who_does_not_lead_fires_nothing(engine: Engine, sql: Sql) -> None:
    lease = LeaderLease(engine, ALICE)
    lease.hold_once()
    sql("UPDATE leases SET epoch = epoch + 1, holder = 'bob'")
    entry = ScheduleEntry(name="t", every=timedelta(seconds=60), job="t", pool=Pool.ORCHESTRATION)
    with pytest.raises(FencedError):
        PostgresSchedule(engine, lease.confirm).fire(entry, [datetime(2026, 1, 1, tzinfo=UTC)])
    assert sql("SELECT count(*) FROM jobs") == [(0,)]


def test_an_emptied_broker_gets_every_open_job_again(engine: Engine, submit: Submit, bells: MemoryDoorbells) -> None:
    jobs = [submit() for _ in range(3)]
    relay, sweep = Relay(engine, bells), Sweep(engine, bells)
    sweep.sweep_once()
    relay.pass_once()
    assert not sweep.sweep_once().broker_changed
    bells.wipe()
    swept = sweep.sweep_once()
    assert (swept.broker_changed, swept.rung_again) == (True, 3)
    assert relay.pass_once() == 3
    assert {bells.answer().job_id for _ in range(3)} == {job.id for job in jobs}


def test_a_lane_that_stays_short_gets_the_difference(
    engine: Engine, submit: Submit, bells: MemoryDoorbells, sql: Sql
) -> None:
    jobs = [submit() for _ in range(3)]
    relay, sweep = Relay(engine, bells), Sweep(engine, bells)
    sweep.sweep_once()
    relay.pass_once()
    sql("UPDATE jobs SET due_at = due_at - interval '1 minute'")
    lost = bells.answer()
    assert [sweep.sweep_once().rung_again for _ in range(PATIENCE + 1)] == [0] * (PATIENCE - 1) + [1, 0]
    assert relay.pass_once() == 1
    assert lost is not None
    assert sum(bells.depths().values()) == len(jobs)
