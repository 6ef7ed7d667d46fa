"""A node's own place in the fleet, over connections of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from grace_workers.adapters.celery import BrokerConfig, build_monitor_app
from grace_workers.adapters.celery.workers import NodeWorkers
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.bootstrap.addresses import Addresses, addresses
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.membership.home import home_of
from grace_workers.node.membership.place import OwnPlace
from grace_workers.orchestration.job import Pool
from grace_workers.settings import Settings


@contextmanager
def opened_place(settings: Settings) -> Iterator[OwnPlace]:
    """Give the place of the node with these settings, and close its connections at the end."""
    known = addresses(settings)
    engine = make_engine(known.database.get_secret_value(), application="grace-node", pool_size=2)
    try:
        yield place_of(settings, known, engine)
    finally:
        engine.dispose()


def place_of(settings: Settings, found: Addresses, engine: Engine) -> OwnPlace:
    """Return the place of the node with these settings."""
    return OwnPlace(
        name=InstanceName(settings.instance),
        home=home_of(settings.data_dir),
        pools=tuple(Pool(pool) for pool in settings.role.pools),
        register=PostgresInstances(engine),
        ledger=PostgresLedger(engine),
        clock=SystemClock(),
        workers=NodeWorkers(build_monitor_app(BrokerConfig(url=found.broker.get_secret_value(), events=False))),
    )
