"""The two ledgers, memory and PostgreSQL, behind one interface for the suites that test both."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine, text

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Claim, Job, JobRequest, Pool, SlotLimits
from grace_workers.orchestration.ports import JobClaimer
from grace_workers.orchestration.stores import Ledger
from grace_workers.testing import FakeClock
from tests.memory.claimer import MemoryJobClaimer
from tests.memory.ledger import MemoryLedger

LIMITS = SlotLimits(total=3, per_pool={Pool.HEALING: 2, Pool.CODING: 2}, express=1)
ALICE, BOB = InstanceName("alice"), InstanceName("bob")


class World(Protocol):
    ledger: Ledger
    claimer: JobClaimer

    def register(self, name: InstanceName) -> None: ...

    def declare_dead(self, name: InstanceName) -> None: ...

    def pass_time(self, span: timedelta) -> None: ...

    def actions(self) -> Sequence[str]: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = MemoryLedger(self.clock)
        self.claimer = MemoryJobClaimer(self.ledger, limits=LIMITS)

    def register(self, name: InstanceName) -> None:
        self.claimer.register(name)

    def declare_dead(self, name: InstanceName) -> None:
        self.claimer.declare_dead(name)

    def pass_time(self, span: timedelta) -> None:
        self.clock.advance(span)

    def actions(self) -> Sequence[str]:
        return [entry.action for entry in self.ledger.entries if entry.action.startswith("job.")]


class PostgresWorld:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ledger = PostgresLedger(engine)
        self.claimer = PostgresJobClaimer(engine, limits=LIMITS, patience=timedelta(0))
        self.instances = PostgresInstances(engine)

    def register(self, name: InstanceName) -> None:
        self.instances.register(name, pools=["healing"])

    def declare_dead(self, name: InstanceName) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE instances SET died_at = now() WHERE name = :name"), {"name": name})

    def pass_time(self, span: timedelta) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE jobs SET due_at = due_at - :span"), {"span": span})

    def actions(self) -> Sequence[str]:
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT entry->>'action' FROM audit_inbox ORDER BY id")).scalars()
            return [action for action in rows if action.startswith("job.")]


def inhabited(world: World) -> World:
    """Return the world with both instances in it."""
    world.register(ALICE)
    world.register(BOB)
    return world


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.servers)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield inhabited(MemoryWorld())
        return
    engine = make_engine(request.getfixturevalue("database_url"))
    yield inhabited(PostgresWorld(engine))
    engine.dispose()


def submit(world: World, **fields: Any) -> Job:
    request = JobRequest(**{"name": "noop", "pool": Pool.ORCHESTRATION, **fields})
    with world.ledger.transaction() as transaction:
        return transaction.jobs.submit([request])[0]


def checked_claim(world: World, job: Job, instance: InstanceName = ALICE) -> Claim:
    claimed = world.claimer.claim(job.id, instance)
    assert claimed is not None
    return claimed
