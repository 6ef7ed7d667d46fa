"""The database of this process."""

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.settings import Settings, addresses


def open_engine(settings: Settings, application: str) -> Engine:
    """Return the engine of this process. Nothing connects before its first use. Raises InputError as `addresses`."""
    url = addresses(settings).database.get_secret_value()
    return make_engine(url, application=application, pool_size=settings.database.pool_size)
