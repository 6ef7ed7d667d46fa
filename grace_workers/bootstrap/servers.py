"""What a process of the fleet keeps on the servers: its own access to the database, and the log lines of jobs."""

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.redis.job_logs import RedisJobLogs
from grace_workers.settings import Settings, addresses


def open_engine(settings: Settings, application: str) -> Engine:
    """Return the engine of this process. Nothing connects before its first use. Raises InputError as `addresses`."""
    url = addresses(settings).database.get_secret_value()
    return make_engine(url, application=application, pool_size=settings.database.pool_size)


def job_logs_of(settings: Settings) -> RedisJobLogs:
    """Return the log lines of jobs. Nothing connects before its first use."""
    return RedisJobLogs(addresses(settings).broker.get_secret_value())
