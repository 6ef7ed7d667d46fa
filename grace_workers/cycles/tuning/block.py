"""What the fleet did in one block of time."""

from dataclasses import dataclass
from datetime import timedelta

FEWEST_JOBS = 20
"""A block with fewer jobs says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFigures:
    """The jobs that became due in a block; `failed` are those of them that failed.

    `seconds` is the geometric mean of the time from due to done, so that one long job does not hide all others; a job
    that has not ended counts as long as the longest that has. `service` is the mean time that a job ran, `waited` the
    mean time from due to begun, and `slowest` the 99th percentile of the time from due to done, in seconds.
    """

    jobs: int = 0
    failed: int = 0
    seconds: float = 0.0
    service: timedelta = timedelta(0)
    waited: timedelta = timedelta(0)
    slowest: float = 0.0

    @property
    def tells(self) -> bool:
        """Whether it had enough work to be compared."""
        return self.jobs >= FEWEST_JOBS and self.seconds > 0
