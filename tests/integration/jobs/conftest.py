"""What the job tests share: an engine on a fresh database, and a fleet of two."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Job, JobRequest, Pool
from tests.memory.doorbells import MemoryDoorbells

ALICE, BOB = InstanceName("alice"), InstanceName("bob")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    instances = PostgresInstances(made)
    instances.register(ALICE, pools=["orchestration"])
    instances.register(BOB, pools=["orchestration"])
    yield made
    made.dispose()


@pytest.fixture
def ledger(engine: Engine) -> PostgresLedger:
    return PostgresLedger(engine)


@pytest.fixture
def bells() -> MemoryDoorbells:
    return MemoryDoorbells()


@pytest.fixture
def submit(ledger: PostgresLedger) -> Callable[..., Job]:
    def submit_one(**fields: Any) -> Job:
        request = JobRequest(**{"name": "noop", "pool": Pool.ORCHESTRATION, **fields})
        with ledger.transaction() as transaction:
            return transaction.jobs.submit([request])[0]

    return submit_one


@pytest.fixture
def sql(engine: Engine) -> Callable[..., list[Any]]:
    def run(statement: str, **values: Any) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    return run
