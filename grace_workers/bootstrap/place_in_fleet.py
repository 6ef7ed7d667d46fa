"""A node's own place in the fleet, as its parent process sees it: read, repaired, drained."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from grace_workers.adapters.celery import BrokerConfig, build_monitor_app, queues_of
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.transaction import PostgresLedger
from grace_workers.bootstrap.addresses import Addresses, addresses
from grace_workers.bootstrap.home import home_of, membership_of
from grace_workers.fleet import DEAD_AFTER, Instance
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.fleet import operations
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.stores import LineLedger
from grace_workers.settings import Settings

_NAME_WITHIN = DEAD_AFTER.total_seconds() + 1.0
_NAME_LOOK = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInFleet:
    """Implements `entrypoints.node.ports.PlaceInFleet`."""

    name: InstanceName
    home: str
    pools: tuple[Pool, ...]
    register: PostgresInstances
    ledger: LineLedger
    clock: Clock
    broker: Celery

    def look(self) -> Instance | None:
        """Return this node's entry; None when it is not in the fleet, or another node has its name."""
        found = self.register.find(self.name)
        return found if found is not None and found.home == self.home and found.in_fleet else None

    def repaired(self, instance: Instance, why: str) -> None:
        """Tell the fleet that this node's processes are new and well. Raises ConflictError when that is out of date."""
        operations.repaired(self, instance, why=why)

    def drain(self, grace: timedelta, *, reason: str, by: str | None = None) -> Instance | None:
        """Begin to drain, or shorten a drain under way; None when this node is not in the fleet."""
        if self.look() is None:
            return None
        return operations.drain(self, self.name, grace=grace, by=by or self.name, reason=reason)

    def running(self) -> int:
        """Return how many jobs this node runs."""
        with self.ledger.transaction() as tx:
            return tx.fleet.running().get(self.name, 0)

    def stop_taking(self) -> None:
        """Ask this node's workers to read no more queues. Their claims are refused in any case; this spares the bells.

        Raises:
            TransientError: the broker cannot be reached.
        """
        try:
            for pool in self.pools:
                for queue in queues_of(pool, self.name):
                    self.broker.control.cancel_consumer(queue, destination=[f"{pool.value}@{self.name}"])
        except (OperationalError, RedisError, OSError) as error:
            raise TransientError(f"the broker did not answer: {type(error).__name__}") from error


@contextmanager
def opened_place(settings: Settings, found: Addresses | None = None) -> Iterator[PlaceInFleet]:
    """Give the place of the node with these settings, and close its connections at the end."""
    known = found or addresses(settings)
    engine = make_engine(known.database.get_secret_value(), application="grace-node", pool_size=2)
    try:
        yield place_of(settings, known, PostgresInstances(engine), PostgresLedger(engine))
    finally:
        engine.dispose()


def place_of(settings: Settings, found: Addresses, register: PostgresInstances, ledger: LineLedger) -> PlaceInFleet:
    """Return the place of the node with these settings."""
    return PlaceInFleet(
        name=InstanceName(settings.instance),
        home=home_of(settings.data_dir),
        pools=tuple(Pool(pool) for pool in settings.role.pools),
        register=register,
        ledger=ledger,
        clock=SystemClock(),
        broker=build_monitor_app(BrokerConfig(url=found.broker.get_secret_value(), events=False)),
    )


def is_apart(find: Callable[[], Instance | None]) -> bool:
    """Whether the pools of a node read their private queues alone. Unknown means no: claims are refused in any case."""
    try:
        found = find()
    except TransientError:
        return False
    if found is None:
        return False
    # Who was set apart stays so under its next epoch; a drain ends with the life that drained.
    stays_apart = found.quarantined_at is not None or found.retired_at is not None
    return stays_apart or (found.in_fleet and not found.health.consumes)


def take_name(database_url: str, name: InstanceName, data_dir: Path) -> None:
    """Wait until nobody else bears that name, and take an earlier life of this very node out of the fleet.

    One that ended without a word would be mistaken for the next: for ready, or for draining. Its jobs go back at once.
    Only for the node that holds the data directory, before its processes start.

    Raises:
        ConflictError: another node of this name stays alive.
        TransientError: the database has not answered for that long.
    """
    engine = make_engine(database_url, application="grace-node", pool_size=2)
    register, home = PostgresInstances(engine), home_of(data_dir)
    deadline = time.monotonic() + _NAME_WITHIN
    try:
        while True:
            try:
                _take(register, name, home)
            except (ConflictError, TransientError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(_NAME_LOOK)
            else:
                break
        membership_of(data_dir).unlink(missing_ok=True)
    finally:
        engine.dispose()


def _take(register: PostgresInstances, name: InstanceName, home: str) -> None:
    register.require_name_free(name, home)
    earlier = register.find(name)
    if earlier is not None and earlier.home == home:
        register.leave(earlier)
