"""What a pool did in each short slice of the last hours, for people who look at its course."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.orchestration.job import Pool

SHOWN, SLICE = timedelta(hours=6), timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSlice:
    """The jobs of a pool that ended in the slice which begins at `at`, and how long they had waited on average."""

    pool: Pool
    at: datetime
    ended: int
    failed: int
    waited: timedelta
