"""The ledger over PostgreSQL, and what it takes."""

from sqlalchemy import Engine

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.orchestration.job import Pool, SlotLimits
from grace_workers.settings import Addresses, Settings


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
