"""A batch of signals is processed in bulk: the number of statements does not grow with it."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.orchestration.dossier import Fate
from grace_workers.orchestration.work.intake import Intake, accept
from grace_workers.signals import sign
from grace_workers.testing import FakeClock
from tests.builders import Ward, signal

pytestmark = pytest.mark.servers


@pytest.fixture
def engine(database_url):
    made = make_engine(database_url)
    yield made
    made.dispose()


def statements(engine, intake, signals):
    seen = []

    def count(_connection, _cursor, statement, *_):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    receipts = accept(intake, signals, by="b")
    event.remove(engine, "before_cursor_execute", count)
    return receipts, len(seen)


def test_four_hundred_alerts_take_as_many_statements_as_two(engine):
    ward = Ward()
    intake = Intake(
        ledger=PostgresLedger(engine), clock=ward.clock, targets=ward.intake.targets, window=ward.intake.window
    )
    made = [replace(signal(at=FakeClock()), signature=sign(f"illness {name(at)}")) for at in range(402)]
    _, few = statements(engine, intake, made[:2])
    receipts, many = statements(engine, intake, made[2:])
    assert {one.fate for one in receipts} == {Fate.OPENED}
    assert many == few


def name(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
