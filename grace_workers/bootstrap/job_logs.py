"""Where the log lines of jobs are kept."""

from grace_workers.adapters.redis.job_logs import RedisJobLogs
from grace_workers.settings import Settings, addresses


def job_logs_of(settings: Settings) -> RedisJobLogs:
    """Return the log lines of jobs. Nothing connects before its first use."""
    return RedisJobLogs(addresses(settings).broker.get_secret_value())
