"""The event mesh, memory and PostgreSQL, behind one interface."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine, text

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.ids import EventId
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.events.topics.kernel_changed import DEFINITION as KERNEL_CHANGED
from grace_workers.orchestration.events.topics.kernel_changed import KernelChanged
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from grace_workers.orchestration.stores import LineLedger
from grace_workers.testing import FakeClock
from tests.memory.ledger import MemoryLedger


class World(Protocol):
    """A ledger whose published events can be made readable, aged and trimmed."""

    ledger: LineLedger

    def settle(self) -> None: ...

    def age(self, span: timedelta) -> None: ...

    def trim(self, *, keep: timedelta, most: int) -> int: ...

    def lapse(self, name: str) -> None: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = MemoryLedger(self.clock)

    def settle(self) -> None:
        """Events are readable with their commit."""

    def age(self, span: timedelta) -> None:
        self.clock.advance(span)

    def trim(self, *, keep: timedelta, most: int) -> int:
        with self.ledger.transaction() as tx:
            return tx.events.trim(keep=keep, most=most)

    def lapse(self, name: str) -> None:
        del name
        self.clock.advance(timedelta(minutes=1))


class PostgresWorld:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ledger = PostgresLedger(engine)
        self.mover = EventMover(engine)

    def settle(self) -> None:
        while self.mover.move_once():
            continue

    def age(self, span: timedelta) -> None:
        self.settle()
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE events SET logged_at = logged_at - :span, at = at - :span"), {"span": span})

    def trim(self, *, keep: timedelta, most: int) -> int:
        return EventMover(self.engine, keep=keep, most=most).trim_once()

    def lapse(self, name: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("UPDATE event_cursors SET held_until = clock_timestamp() - interval '1 s' WHERE name = :name"),
                {"name": name},
            )


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.servers)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    engine = make_engine(request.getfixturevalue("database_url"))
    yield PostgresWorld(engine)
    engine.dispose()


def boot(step: str, **changes: Any) -> NodeBoot:
    return NodeBoot(**{"instance": "here", "phase": "preflight", "step": step, "state": "passed", **changes})


def kernel(after: str) -> KernelChanged:
    return KernelChanged(instance="here", kernel="database", before="ready", after=after)


def published(world: World, *steps: str) -> list[EventId]:
    """Publish a boot step for each name, in one transaction, and make them readable."""
    with world.ledger.transaction() as tx:
        made = [tx.events.publish(NODE_BOOT, boot(step)) for step in steps]
    world.settle()
    return made


def read(world: World, after: int = 0, *topics: str, limit: int = 100) -> list[Event]:
    with world.ledger.transaction() as tx:
        return list(tx.events.read(after=after, topics=topics, limit=limit).events)


def steps(events: list[Event]) -> list[str]:
    return [str(event.body.get("step", event.body.get("after"))) for event in events]


__all__ = ["KERNEL_CHANGED", "NODE_BOOT", "World", "boot", "kernel", "published", "read", "steps", "world"]
