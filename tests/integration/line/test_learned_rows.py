"""Outcomes in a real database: rows that cannot be read, and people who change one while it is checked."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.orchestration.line.rechecking import recheck
from grace_workers.orchestration.line.recollection import MODEL, Recollection
from grace_workers.orchestration.line.revising import forget
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.training import due
from tests.unit.learning.recall.precedents_of import NOW, outcome
from tests.waiting import until

pytestmark = pytest.mark.servers

SEEN = {"line refused": 2.0}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


def keep(engine: Engine, *numbers: int) -> PostgresLedger:
    ledger = PostgresLedger(engine)
    with ledger.transaction() as tx:
        for number in numbers:
            tx[PrecedentStore].put(outcome(number, features=SEEN))
    return ledger


def spoil(engine: Engine, number: int, change: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE precedents SET document = (document::jsonb || CAST(:change AS jsonb))::json WHERE plan = :plan"
            ),
            {"change": change, "plan": outcome(number).plan},
        )


@pytest.mark.parametrize("change", ['{"at": null}', '{"ending": "of a later release"}', '{"features": {"line": -2.0}}'])
def test_an_outcome_that_cannot_be_read_stops_no_diagnosis_and_no_training(engine: Engine, change: str) -> None:
    ledger = keep(engine, 1, 2)
    spoil(engine, 2, change)
    recollection = Recollection()
    for _ in range(2):
        with ledger.transaction() as tx:
            recollection.follow(tx)
            due(tx)
    (found,) = recollection.recall(SEEN).suggestions
    assert found.evidence == (f"outcome:{outcome(1).plan}",)


def test_a_version_of_the_model_that_cannot_be_read_is_passed_over(engine: Engine) -> None:
    ledger = keep(engine)
    with ledger.transaction() as tx:
        for version in (1, 2):
            model = ModelVersion(name=MODEL, version=version, sha256="", at=NOW, revision=0, outcomes=0, score={})
            tx[ModelStore].put(model, b"", keep=9)
    with engine.begin() as connection:
        connection.execute(text("UPDATE models SET document = '{}' WHERE version = 2"))
    with ledger.transaction() as tx:
        assert [one.version for one in tx[ModelStore].versions(MODEL)] == [1]
        Recollection().follow(tx)


def test_a_run_that_is_forgotten_while_it_is_checked_stays_forgotten(engine: Engine) -> None:
    ledger = keep(engine, 1)
    ended: list[bool] = []

    def check() -> None:
        with ledger.transaction() as tx:
            ended.append(recheck(tx, outcome(1), timedelta(hours=1), NOW).forgotten)

    with ledger.transaction() as tx:
        forget(tx, outcome(1), by="ann", reason="wrong", now=NOW)
        checking = threading.Thread(target=check)
        checking.start()
        until(lambda: waiting(engine), within=10)
    checking.join(10)
    assert ended == [True]
    with ledger.transaction() as tx:
        found = tx[PrecedentStore].find(outcome(1).plan)
    assert found is not None
    assert found.forgotten


def waiting(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())
