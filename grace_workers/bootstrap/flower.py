"""Flower, as these settings want it."""

from grace_workers.adapters.celery.flower import Flower
from grace_workers.settings import Settings, broker_of


def flower_of(settings: Settings, broker_url: str | None = None) -> Flower:
    """Return how Flower is run here. Raises InputError when the broker is neither given nor known."""
    given = settings.flower
    return Flower(
        broker_url=broker_of(settings).get_secret_value() if broker_url is None else broker_url,
        host=given.host,
        port=given.port,
        folder=settings.data_dir / "flower",
        auth=None if given.auth is None else given.auth.get_secret_value(),
    )
