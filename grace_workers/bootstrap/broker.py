"""The Celery side: applications for workers, beat and Flower, and beat's clockwork."""

import os
import threading

from celery import Celery

from grace_workers.adapters.celery import BrokerConfig, build_app, build_monitor_app
from grace_workers.adapters.celery.scheduler import CLOCKWORK, Clockwork
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.work.catalog import scheduled
from grace_workers.settings import Settings, addresses, broker_of


def broker_config(settings: Settings) -> BrokerConfig:
    """Return how this fleet uses its broker."""
    return BrokerConfig(
        url=broker_of(settings).get_secret_value(),
        stock_transport=settings.broker.stock_transport,
        express_slots=settings.pools.express,
        events=settings.flower.enabled,
        instance=InstanceName(settings.instance),
    )


def celery_app(settings: Settings) -> Celery:
    """Return the application of workers and beat; beat's clockwork is made in beat's own process."""
    app = build_app(broker_config(settings))
    setattr(app, CLOCKWORK, lambda: clockwork(settings))
    return app


def monitor_app(settings: Settings) -> Celery:
    """Return the application that Flower looks through."""
    return build_monitor_app(broker_config(settings))


def clockwork(settings: Settings) -> Clockwork:
    """Return beat's clockwork, with its own lease kept in a thread of this process: one beat of the fleet ticks."""
    # Workers and Flower, which share this module, have no use for the schedule's tables.
    from grace_workers.adapters.postgres.clock import DatabaseClock
    from grace_workers.adapters.postgres.fleet.leader import LeaderLease
    from grace_workers.adapters.postgres.jobs.schedule import PostgresSchedule
    from grace_workers.bootstrap.ledger import engine_of

    engine = engine_of(settings, addresses(settings), application="grace-beat")
    lease = LeaderLease(engine, InstanceName(f"{settings.instance}:{os.getpid()}"), name="beat")
    threading.Thread(target=lease.hold_loop, args=(threading.Event(),), name="lease", daemon=True).start()
    return Clockwork(
        scheduled(settings.cycles),
        PostgresSchedule(engine, lease.confirm),
        leading=lease.is_leading,
        clock=DatabaseClock(engine),
    )
