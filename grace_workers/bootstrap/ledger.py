"""The ledger over PostgreSQL."""

from sqlalchemy import Engine

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.bootstrap.addresses import Addresses, addresses
from grace_workers.orchestration.job import Pool, SlotLimits
from grace_workers.settings import Settings


def engine_of(settings: Settings, found: Addresses, *, application: str = "grace") -> Engine:
    """Return the engine of this process."""
    return make_engine(
        found.database.get_secret_value(), application=application, pool_size=settings.database.pool_size
    )


def doorbells_of(found: Addresses, guards: BreakerRegistry | None = None) -> DoorbellPublisher:
    """Return what rings."""
    return DoorbellPublisher(found.broker.get_secret_value(), guards=guards)


def limits_of(settings: Settings) -> SlotLimits:
    """Return the fleet-wide limits."""
    each = settings.limits.per_agent
    return SlotLimits(total=settings.limits.agents, per_pool={Pool.HEALING: each, Pool.CODING: each})


def open_client_ledger(settings: Settings, *, database_url: str | None = None, ring: bool = True) -> PostgresLedger:
    """Return a ledger for a client that only submits and reads. Without `ring`, the relay rings for it."""
    if database_url is not None:
        return PostgresLedger(make_engine(database_url, application="grace-client", pool_size=2))
    found = addresses(settings)
    engine = engine_of(settings, found, application="grace-client")
    return PostgresLedger(engine, ringer=Ringer(engine, doorbells_of(found)) if ring else None)
