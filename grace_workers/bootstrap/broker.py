"""The Celery side: applications for workers, beat and Flower, and beat's scheduling."""

from celery import Celery
from pydantic import SecretStr

from grace_workers.adapters.celery import BrokerConfig, build_app, build_monitor_app
from grace_workers.adapters.celery.flower import Flower
from grace_workers.adapters.celery.scheduler import CLOCKWORK, Clockwork
from grace_workers.settings import Settings, broker_of


def broker_config(settings: Settings) -> BrokerConfig:
    """Return how this fleet uses its broker."""
    return BrokerConfig(
        url=broker_of(settings).get_secret_value(),
        stock_transport=settings.broker.stock_transport,
        express_slots=settings.pools.express,
        events=settings.flower.enabled,
        instance=settings.instance,
    )


def celery_app(settings: Settings) -> Celery:
    """Return the application of workers and beat; beat's scheduling is made in beat's own process."""
    app = build_app(broker_config(settings))
    setattr(app, CLOCKWORK, lambda: clockwork(settings))
    return app


def monitor_app(settings: Settings) -> Celery:
    """Return the application that Flower uses."""
    return build_monitor_app(broker_config(settings))


def flower_of(settings: Settings, broker: SecretStr | None = None) -> Flower:
    """Return how Flower runs here. Raises InputError when the broker is neither given nor known."""
    given = settings.flower
    return Flower(
        broker_url=(broker or broker_of(settings)).get_secret_value(),
        host=given.host,
        port=given.port,
        folder=settings.data_dir / "flower",
        auth=None if given.auth is None else given.auth.get_secret_value(),
    )


def clockwork(settings: Settings) -> Clockwork:
    """Return beat's scheduling; call it in beat's own process."""
    # Workers and Flower, which share this module, do not need the schedule's tables.
    from grace_workers.adapters.leased_clockwork import leased_clockwork
    from grace_workers.bootstrap.servers import open_engine

    return leased_clockwork(open_engine(settings, "grace-beat"), settings.instance, settings.schedule)
