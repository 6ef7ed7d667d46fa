"""The task edge against the in-memory ledger: the results of errors, lost attempts and an unreachable ledger."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest

from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.edge import Ring, StayRungError, UnanswerableError, attend
from grace_workers.entrypoints.tasks.submission import accept, job_id_of
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.foundation.ids import InstanceName, uuid7
from grace_workers.orchestration.job import FencedError, JobRequest, JobState, Pool, Succeeded
from grace_workers.testing import FakeClock
from tests.memory.claimer import MemoryJobClaimer
from tests.memory.ledger import MemoryLedger

HERE, THERE = InstanceName("here"), InstanceName("there")


@dataclass
class Process:
    """A worker process of memory parts."""

    ledger: MemoryLedger
    claims: object
    instance: InstanceName
    clock: FakeClock
    tracer: object

    def submit(self, name="test.job", **payload):
        with self.ledger.transaction() as transaction:
            (job,) = transaction.jobs.submit([JobRequest(name=name, pool=Pool.ORCHESTRATION, payload=payload)])
        return job

    def job(self, job):
        with self.ledger.transaction() as transaction:
            return transaction.jobs.get(job.id)

    def attend(self, job, function, *, bell=None, again=False, pool=None):
        attend(
            self, {"test.job": function, **job_functions()}, Ring(job_id=str(job.id), bell=bell, again=again, pool=pool)
        )


class Unreachable:
    """A claimer whose database is unreachable."""

    def claim(self, job_id, instance, *, bell=None, pool=None):
        raise TransientError("the database is unreachable")

    def finish(self, claim, ending):
        raise TransientError("the database is unreachable")

    def wait_hint(self, attempt):
        return timedelta(0)


@pytest.fixture
def process():
    clock = FakeClock()
    ledger = MemoryLedger(clock)
    claimer = MemoryJobClaimer(ledger)
    claimer.register(HERE)
    claimer.register(THERE)
    return Process(ledger=ledger, claims=claimer, instance=HERE, clock=clock, tracer=None)


def raising(error):
    def function(_process, _claim):
        raise error

    return function


def test_a_job_runs_on_a_thread_named_by_its_attempt(process):
    job, before = process.submit(), threading.current_thread().name
    process.attend(job, lambda _process, _claim: Succeeded(result=threading.current_thread().name))
    assert process.job(job).result == f"job {job.id} attempt 1"
    assert threading.current_thread().name == before


def test_a_job_that_returns_an_ending_has_ended(process):
    job = process.submit()
    process.attend(job, lambda _process, _claim: Succeeded(result=7))
    assert (process.job(job).state, process.job(job).result) == (JobState.SUCCEEDED, 7)


def test_a_second_doorbell_runs_nothing(process):
    job = process.submit()
    process.attend(job, lambda _process, _claim: Succeeded())
    process.attend(job, raising(AssertionError("must not run")), bell=uuid4(), again=True)
    assert process.job(job).attempt == 1


@pytest.mark.parametrize("error", [InputError("no"), PermanentError("never")])
def test_what_retrying_cannot_fix_fails(process, error):
    job = process.submit()
    process.attend(job, raising(error))
    assert (process.job(job).state, process.job(job).error) == (JobState.FAILED, str(error))


def test_a_transient_failure_waits_as_long_as_it_asks_for(process):
    job = process.submit()
    process.attend(job, raising(TransientError("busy", retry_after=timedelta(minutes=2))))
    found = process.job(job)
    assert found.state is JobState.QUEUED
    assert found.not_before is not None
    assert found.not_before >= process.clock.now() + timedelta(minutes=2)


def test_an_unknown_error_is_tried_again_without_its_secret(process):
    job = process.submit()
    process.attend(job, raising(RuntimeError("connect to postgres://me:hunter2@db failed, token=abc123")))
    found = process.job(job)
    assert found.state is JobState.QUEUED
    assert found.error.startswith("RuntimeError: connect to postgres://***@db failed")
    assert "hunter2" not in found.error
    assert "abc123" not in found.error


def test_a_fenced_attempt_is_dropped_without_a_record(process):
    job = process.submit()
    process.attend(job, raising(FencedError("somebody else has it")))
    assert process.job(job).state is JobState.RUNNING


def test_a_job_of_an_unknown_name_fails_and_says_what_is_known(process):
    job = process.submit(name="no.such")
    process.attend(job, raising(AssertionError))
    assert "system.noop" in process.job(job).error


def test_a_doorbell_without_a_job_is_unanswerable(process):
    for no_job in (str(uuid7()), "not an id"):
        with pytest.raises(UnanswerableError):
            attend(process, job_functions(), Ring(job_id=no_job))
    with process.ledger.transaction() as transaction:
        assert transaction.jobs.find() == []


def test_a_job_rung_in_the_pool_of_another_is_not_taken(process):
    job = process.submit()
    with pytest.raises(UnanswerableError, match="orchestration"):
        process.attend(job, raising(AssertionError), pool=Pool.CODING)
    assert process.job(job).attempt == 0
    process.attend(job, lambda *_: Succeeded(), pool=Pool.ORCHESTRATION)
    assert process.job(job).state is JobState.SUCCEEDED


def test_a_job_held_by_a_living_node_is_left_alone(process):
    job = process.submit()
    assert process.claims.claim(job.id, THERE)
    process.attend(job, raising(AssertionError("must not run")))
    assert process.job(job).owner == THERE


def test_a_job_whose_doorbell_is_redelivered_is_taken_from_its_lost_process(process):
    job = process.submit()
    bell = uuid4()
    lost = process.claims.claim(job.id, THERE, bell=bell)
    process.attend(job, lambda _process, _claim: Succeeded(), bell=bell, again=True)
    assert (process.job(job).state, process.job(job).attempt) == (JobState.SUCCEEDED, 2)
    assert process.claims.finish(lost, Succeeded(result="late")) is None
    assert "job.taken_over" in [entry.action for entry in process.ledger.entries]


def test_a_redelivered_doorbell_does_not_end_the_attempt_of_a_later_doorbell(process):
    job = process.submit()
    early, late = uuid4(), uuid4()
    process.claims.claim(job.id, THERE, bell=early)
    process.claims.give_back(job.id, THERE)
    process.claims.claim(job.id, THERE, bell=late)
    process.attend(job, raising(AssertionError("must not run")), bell=early, again=True)
    assert (process.job(job).state, process.job(job).attempt) == (JobState.RUNNING, 2)


@pytest.mark.parametrize("step", ["claim", "finish"])
def test_an_unreachable_ledger_leaves_the_doorbell_rung(process, step):
    job = process.submit()
    reachable = process.claims

    class Half(Unreachable):
        claim = Unreachable.claim if step == "claim" else staticmethod(reachable.claim)

    process.claims = Half()
    with pytest.raises(StayRungError):
        process.attend(job, lambda _process, _claim: Succeeded())
    assert process.job(job).state is not JobState.SUCCEEDED


def test_a_sleep_longer_than_ten_minutes_is_refused(process):
    job = process.submit(name="system.sleep", seconds=601)
    process.attend(job, raising(AssertionError))
    assert process.job(job).state is JobState.FAILED


def test_a_foreign_order_becomes_one_job_even_if_redelivered(process):
    order = {"name": "system.noop", "pool": "healing", "payload": {"a": [1]}, "priority": 9}
    first, second = (accept(process, "task-1", order) for _ in range(2))
    assert first.id == second.id == job_id_of("task-1")
    assert (first.priority, first.pool, first.payload) == (9, Pool.HEALING, {"a": [1]})


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"name": "system.noop"},
        {"name": "system.noop", "pool": "kitchen"},
        {"name": "no.such", "pool": "healing"},
        {"name": "incident.advance", "pool": "healing", "payload": {"incident": str(uuid7())}},
        {"name": "system.sleep", "pool": "healing", "payload": {"seconds": 600}},
        {"name": "system.canary", "pool": "healing", "payload": {"nonce": "x"}},
        {"name": "cycle.triggers", "pool": "orchestration"},
        {"name": "grace.heal", "pool": "healing", "payload": {"target": "shop", "reason": "slow"}},
        {"name": "system.noop", "pool": "healing", "application": "bill\u0000ing"},
        {"name": "system.noop", "pool": "healing", "application": "celery:x"},
        {"name": "grace.heal", "pool": "orchestration", "payload": {"target": "a", "reason": "b", "by": ["x"]}},
        {"name": "system.noop", "pool": "healing", "priority": 11},
        {"name": "system.noop", "pool": "healing", "unknown": 1},
        {"name": "system.noop", "pool": "healing", "payload": {"a": "x" * 300_000}},
        {"name": "system.noop", "pool": "healing", "payload": {"a": "nul \x00"}},
    ],
)
def test_a_malformed_order_is_refused_and_recorded(process, order):
    assert accept(process, "task-1", order) is None
    assert [entry.action for entry in process.ledger.entries] == ["job.submission_refused"]


@pytest.mark.parametrize(
    ("payload", "claimed", "by"),
    [
        ({}, {}, "celery:unnamed"),
        ({"by": "alice"}, {}, "celery:alice"),
        ({"by": "alice"}, {"application": "billing"}, "celery:billing"),
    ],
)
def test_the_requester_of_a_foreign_order_is_always_an_application(process, payload, claimed, by):
    wish = {"target": "shop", "reason": "slow", **payload}
    job = accept(process, "task-1", {"name": "grace.heal", "pool": "orchestration", "payload": wish, **claimed})
    assert job.payload["by"] == by
    assert process.ledger.entries[-1].actor == by


def test_an_applications_dedupe_key_swallows_no_job_of_another(process):
    order = {"name": "system.noop", "pool": "healing", "dedupe_key": "daily"}
    one, two = (accept(process, f"task-{who}", {**order, "application": who}) for who in ("a", "b"))
    again = accept(process, "task-c", {**order, "application": "a"})
    assert one.id == again.id != two.id


def test_an_order_is_not_acknowledged_when_it_cannot_be_stored(process):
    class Away:
        @contextmanager
        def transaction(self):
            raise TransientError("the database is unreachable")
            yield

    process.ledger = Away()
    with pytest.raises(TransientError):
        accept(process, "task-1", {"name": "system.noop", "pool": "healing"})
