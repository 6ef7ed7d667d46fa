"""The line's stores, memory and PostgreSQL, behind one interface, and what to put into them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine, text

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.ids import ApprovalId, uuid7
from grace_workers.governance import ApprovalRequest, Role
from grace_workers.orchestration.dossier import Dossier, JournalRow, StepState
from grace_workers.orchestration.ports import JobClaimer
from grace_workers.orchestration.stores import LineLedger
from grace_workers.playbooks import Mode, Plan
from grace_workers.signals import Incident, IncidentState
from grace_workers.testing import FakeClock
from tests.builders import HERE, plan, signal
from tests.memory.claimer import MemoryJobClaimer
from tests.memory.ledger import MemoryLedger

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


class World(Protocol):
    """A ledger, and a way to age incidents."""

    ledger: LineLedger
    claimer: JobClaimer

    def age(self, span: timedelta) -> None: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = MemoryLedger(self.clock)
        self.claimer = MemoryJobClaimer(self.ledger)
        self.claimer.register(HERE)

    def age(self, span: timedelta) -> None:
        self.clock.advance(span)


class PostgresWorld:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ledger = PostgresLedger(engine)
        self.claimer = PostgresJobClaimer(engine, patience=timedelta(0))
        PostgresInstances(engine).register(HERE, pools=["healing"])

    def age(self, span: timedelta) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE incidents SET updated_at = now() - :span"), {"span": span})


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.servers)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    engine = make_engine(request.getfixturevalue("database_url"))
    yield PostgresWorld(engine)
    engine.dispose()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def dossier(clock: FakeClock, **changes: Any) -> Dossier:
    one = signal(at=clock)
    given: dict[str, Any] = {
        "target": one.target,
        "signature": one.signature,
        "severity": one.severity,
        "title": one.summary,
        "opened_at": clock.now(),
        "last_signal_at": clock.now(),
        "updated_at": clock.now(),
    }
    return Dossier(incident=Incident(**{**given, **changes}), signal=one)


def opened(world: World, clock: FakeClock, **changes: Any) -> Dossier:
    made = dossier(clock, **changes)
    with world.ledger.transaction() as tx:
        tx.incidents.add(made)
    return made


def begun(world: World, clock: FakeClock, **changes: Any) -> Plan:
    made = plan(incident=opened(world, clock).incident.id, **changes)
    with world.ledger.transaction() as tx:
        assert tx.journal.begin(made, made.incident, clock.now())
    return made


def row(of: Plan, clock: FakeClock, **changes: Any) -> JournalRow:
    given: dict[str, Any] = {
        "index": 0,
        "step": "first",
        "primitive": "dose_idempotent",
        "target": "web",
        "state": StepState.SNAPSHOTTED,
        "idempotency_key": f"{of.id}:0:first",
        "attempt": 1,
        "snapshot": {"text": "ü\x00", "deep": [1, 2.5, None, True]},
        "outcome": None,
        "updated_at": clock.now(),
    }
    return JournalRow(**{**given, **changes})


def question(of: Dossier, about: Plan, clock: FakeClock, **changes: Any) -> ApprovalRequest:
    given: dict[str, Any] = {
        "id": ApprovalId(uuid7()),
        "incident": of.incident.id,
        "plan": about.id,
        "plan_digest": about.digest,
        "proposer": "grace",
        "mode": Mode.PERMISSION,
        "role": Role.APPROVER,
        "quorum": 1,
        "requested_at": clock.now(),
        "expires_at": clock.now() + HOUR,
    }
    return ApprovalRequest(**{**given, **changes})


def uuid7_at(number: int) -> Any:
    return type(uuid7())(int=(number << 80) | 1)


def waiting(world: World, clock: FakeClock) -> tuple[Dossier, Plan]:
    made = opened(world, clock, state=IncidentState.AWAITING_APPROVAL)
    return made, plan(incident=made.incident.id)
