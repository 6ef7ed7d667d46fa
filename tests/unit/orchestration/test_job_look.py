"""A look at a running job, against the in-memory ledger."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import InstanceName, JobId, uuid7
from grace_workers.orchestration.fleet.job_look import StackFrame, StackTaken, look
from grace_workers.orchestration.job import JobRequest, Pool
from grace_workers.testing import FakeClock
from tests.memory.claimer import MemoryJobClaimer
from tests.memory.ledger import MemoryLedger

HERE = InstanceName("here")
TAKEN = StackTaken(pid=7, memory=8, frames=[StackFrame(file="a.py", line=1, function="run")], left_out=0)


@dataclass
class House:
    """One job, and a worker that answers with `taken`, after `meanwhile`."""

    clock: FakeClock = field(default_factory=FakeClock)
    taken: StackTaken | None = TAKEN
    meanwhile: object = None

    def __post_init__(self):
        self.ledger = MemoryLedger(self.clock)
        self.claims = MemoryJobClaimer(self.ledger)
        self.claims.register(HERE)
        with self.ledger.transaction() as tx:
            (self.job,) = tx.jobs.submit([JobRequest(name="test.job", pool=Pool.HEALING)])

    def start(self):
        self.claims.claim(self.job.id, HERE)
        return self

    def cancel(self):
        with self.ledger.transaction() as tx:
            tx.jobs.cancel(self.job.id, by="ann")

    def take(self, job, owner):
        assert (job.id, job.attempt, owner) == (self.job.id, 1, HERE)
        if self.meanwhile is not None:
            self.meanwhile()
        return self.taken

    def look(self):
        return look(self.ledger, self.clock, self, self.job.id)


def test_a_look_tells_where_the_job_is_and_for_how_long_it_ran():
    house = House().start()
    house.clock.advance(timedelta(seconds=5))
    found = house.look()
    assert (found.instance, found.attempt, found.pid, found.memory) == (HERE, 1, 7, 8)
    assert found.ran_for == timedelta(seconds=5)
    assert found.looked_at == house.clock.now()
    assert found.frames == TAKEN.frames


def test_a_job_that_does_not_run_has_no_stack():
    with pytest.raises(ConflictError, match="does not run: it is queued"):
        House().look()
    with pytest.raises(NotFoundError):
        look(House().ledger, FakeClock(), House(), JobId(uuid7()))


@pytest.mark.parametrize("taken", [TAKEN, None])
def test_a_job_that_ends_during_the_look_has_no_stack(taken):
    house = House(taken=taken).start()
    house.meanwhile = house.cancel
    with pytest.raises(ConflictError, match="ended meanwhile: the job is cancelled"):
        house.look()


def test_a_worker_that_does_not_have_the_attempt_is_named():
    with pytest.raises(ConflictError, match="here does not run attempt 1"):
        House(taken=None).start().look()
