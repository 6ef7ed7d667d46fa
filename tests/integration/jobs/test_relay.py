"""The relay and the ringer: committed jobs are rung, urgent ones first, and never lost."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.relay import BATCH, Relay
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Job, JobRequest, Pool, Priority, SlotLimits, Succeeded
from tests.memory.doorbells import MemoryDoorbells
from tests.waiting import until

pytestmark = pytest.mark.servers
ALICE = InstanceName("alice")
Submit = Callable[..., Job]
Sql = Callable[..., list[Any]]
SHORT = timedelta(milliseconds=100)


def answered(bells: MemoryDoorbells) -> list[Any]:
    rung = []
    while (bell := bells.answer()) is not None:
        rung.append(bell.job_id)
    return rung


def test_a_committed_job_is_rung_once(engine: Engine, submit: Submit, bells: MemoryDoorbells) -> None:
    job = submit()
    relay = Relay(engine, bells)
    assert relay.pass_once() == 1
    assert relay.pass_once() == 0
    assert answered(bells) == [job.id]


def test_a_batch_takes_the_most_urgent_first(
    engine: Engine, ledger: PostgresLedger, submit: Submit, bells: MemoryDoorbells
) -> None:
    with ledger.transaction() as transaction:
        transaction.jobs.submit([JobRequest(name="low", pool=Pool.ORCHESTRATION) for _ in range(BATCH + 10)])
    urgent = submit(priority=Priority(10))
    relay = Relay(engine, bells)
    assert relay.pass_once() == BATCH
    assert bells.answer().job_id == urgent.id
    assert relay.pass_once() == 11


def test_a_later_job_is_rung_when_its_time_has_come(engine: Engine, submit: Submit, bells: MemoryDoorbells) -> None:
    job = submit(not_before=datetime.now(UTC) + timedelta(milliseconds=300))
    relay = Relay(engine, bells)
    assert relay.pass_once() == 0
    until(relay.pass_once, within=3)
    assert answered(bells) == [job.id]


def test_a_broker_out_of_reach_leaves_the_jobs_to_be_rung_again(
    engine: Engine, submit: Submit, bells: MemoryDoorbells
) -> None:
    job = submit()
    relay = Relay(engine, bells, again=SHORT)
    bells.reachable = False
    with pytest.raises(TransientError):
        relay.pass_once()
    bells.reachable = True
    until(relay.pass_once, within=3)
    assert answered(bells) == [job.id]


def test_two_relays_do_not_ring_one_row_twice(engine: Engine, ledger: PostgresLedger, bells: MemoryDoorbells) -> None:
    with ledger.transaction() as transaction:
        jobs = transaction.jobs.submit([JobRequest(name="noop", pool=Pool.ORCHESTRATION) for _ in range(1200)])
    stop = threading.Event()
    threads = [threading.Thread(target=Relay(engine, bells).run, args=(stop,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: sum(bells.depths().values()) >= 1200, within=10)
    stop.set()
    for thread in threads:
        thread.join(5)
    assert sorted(answered(bells)) == sorted(job.id for job in jobs)


def test_a_frozen_relay_blocks_no_claim(engine: Engine, submit: Submit) -> None:
    job = submit()
    claimer = PostgresJobClaimer(engine)
    claims = []

    class ClaimsWhileRinging(MemoryDoorbells):
        def ring(self, bells: Any) -> None:
            claims.append(claimer.claim(bells[0].job_id, ALICE))
            super().ring(bells)

    Relay(engine, ClaimsWhileRinging()).pass_once()
    assert [claim.job.id for claim in claims] == [job.id]


def test_a_ringer_rings_at_once_and_the_relay_does_not_repeat_it(engine: Engine, bells: MemoryDoorbells) -> None:
    ringer = Ringer(engine, bells, promise=timedelta(seconds=2))
    with PostgresLedger(engine, ringer=ringer).transaction() as transaction:
        job = transaction.jobs.submit([JobRequest(name="noop", pool=Pool.CODING)])[0]
    until(lambda: sum(bells.depths().values()) == 1, within=2)
    ringer.close()
    assert Relay(engine, bells).pass_once() == 0
    assert answered(bells) == [job.id]


def test_what_a_ringer_cannot_ring_the_relay_rings(engine: Engine, bells: MemoryDoorbells) -> None:
    bells.reachable = False
    ringer = Ringer(engine, bells, promise=SHORT)
    with PostgresLedger(engine, ringer=ringer).transaction() as transaction:
        job = transaction.jobs.submit([JobRequest(name="noop", pool=Pool.CODING)])[0]
    ringer.close()
    bells.reachable = True
    until(Relay(engine, bells).pass_once, within=3)
    assert answered(bells) == [job.id]


def test_a_rolled_back_job_is_never_rung(engine: Engine, bells: MemoryDoorbells) -> None:
    ringer = Ringer(engine, bells)
    unreadable = JobRequest(name="bad", pool=Pool.CODING, payload={"n": float("nan")})
    ledger = PostgresLedger(engine, ringer=ringer)
    with pytest.raises(Exception, match="not JSON"), ledger.transaction() as transaction:
        [transaction.jobs.submit([each]) for each in (JobRequest(name="noop", pool=Pool.CODING), unreadable)]
    ringer.close()
    assert Relay(engine, bells).pass_once() == 0
    assert answered(bells) == []


def test_jobs_that_wait_for_a_place_are_rung_most_urgent_first(
    engine: Engine, submit: Submit, bells: MemoryDoorbells
) -> None:
    limits = SlotLimits(total=1, per_pool={Pool.HEALING: 1}, express=0)
    claimer, relay = PostgresJobClaimer(engine, limits=limits), Relay(engine, bells, limits=limits, again=SHORT)
    held = claimer.claim(submit(pool=Pool.HEALING).id, ALICE)
    assert held is not None
    low, high = (submit(pool=Pool.HEALING, priority=Priority(level)) for level in (3, 8))
    assert [claimer.claim(job.id, ALICE) for job in (low, high)] == [None, None]
    assert relay.pass_once() == 0
    claimer.finish(held, Succeeded())
    until(relay.pass_once, within=3)
    assert answered(bells) == [high.id]


def test_a_shared_place_that_the_less_busy_agent_does_not_take_goes_to_the_other(
    engine: Engine, submit: Submit, bells: MemoryDoorbells
) -> None:
    limits = SlotLimits(total=2, per_pool={Pool.HEALING: 2, Pool.CODING: 2}, express=0)
    claimer, relay = PostgresJobClaimer(engine, limits=limits), Relay(engine, bells, limits=limits)
    held = [claimer.claim(submit(pool=Pool.HEALING).id, ALICE) for _ in range(2)]
    coding = [submit(pool=Pool.CODING) for _ in range(3)]
    healing = submit(pool=Pool.HEALING)
    assert [claimer.claim(job.id, ALICE) for job in (*coding, healing)] == [None] * 4
    assert held[0] is not None
    claimer.finish(held[0], Succeeded())
    # No worker of the coding agent runs.
    assert [relay.pass_once() for _ in range(3)] == [1, 1, 0]
    assert answered(bells) == [coding[0].id, healing.id]


def test_a_claimer_with_a_ringer_hands_a_freed_place_on_at_once(
    engine: Engine, submit: Submit, bells: MemoryDoorbells
) -> None:
    limits = SlotLimits(total=1, per_pool={Pool.HEALING: 1})
    ringer = Ringer(engine, bells)
    claimer = PostgresJobClaimer(engine, limits=limits, ringer=ringer)
    held = claimer.claim(submit(pool=Pool.HEALING).id, ALICE)
    waiting = submit(pool=Pool.HEALING)
    assert held is not None
    assert claimer.claim(waiting.id, ALICE) is None
    claimer.finish(held, Succeeded())
    assert until(bells.answer, within=2).job_id == waiting.id
    assert claimer.claim(waiting.id, ALICE) is not None
    ringer.close()
