"""The fleet's register, memory and PostgreSQL, behind one interface."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import text

from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.fleet.leader import LeaderLease
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.fleet import LEADER, Instance, InstanceHealth, Lease
from grace_workers.foundation.ids import InstanceName
from grace_workers.testing import FakeClock
from tests.memory.claimer import MemoryJobClaimer
from tests.memory.ledger import MemoryLedger

ALICE, BOB = InstanceName("alice"), InstanceName("bob")
HOLDER = InstanceName("alice:1")


class MemoryWorld:
    def __init__(self):
        self.clock = FakeClock()
        self.ledger = MemoryLedger(self.clock)
        self.claimer = MemoryJobClaimer(self.ledger)

    def register(self, name, pools=("healing",)):
        with self.ledger.transaction() as tx:
            tx.fleet.register(name, pools=pools, roles=("control",))

    def end(self, name):
        with self.ledger.transaction() as tx:
            tx.fleet.declare_dead(name)

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
        self.claimer = PostgresJobClaimer(engine, patience=timedelta(0))
        self.members = PostgresInstances(engine)

    def register(self, name, pools=("healing",)):
        self.members.register(name, pools=pools, roles=("control",))

    def end(self, name):
        self._run("UPDATE instances SET died_at = clock_timestamp() WHERE name = :name", name=name)

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


class Earlier:
    """A fleet in which every instance looks as it was before its last beat: degraded."""

    def __init__(self, fleet):
        self._fleet = fleet

    def instances(self):
        return [replace(one, health=InstanceHealth.DEGRADED) for one in self._fleet.instances()]

    def __getattr__(self, name):
        return getattr(self._fleet, name)


class Hindsight:
    """A world whose fleet is seen a moment too late."""

    def __init__(self, world):
        self.ledger, self.clock, self._world = self, world.clock, world

    @contextmanager
    def transaction(self):
        with self._world.ledger.transaction() as tx:
            yield SimpleNamespace(fleet=Earlier(tx.fleet), jobs=tx.jobs, audit=tx.audit, events=tx.events)
