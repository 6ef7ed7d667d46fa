"""`Cycle`: a periodic look, and its rhythm."""

from dataclasses import dataclass, replace
from datetime import timedelta

from grace_workers.foundation.errors import InputError

SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One programme. `pool` and `job` name the worker group and the job that looks; it never acts itself."""

    name: str
    summary: str
    cadence: timedelta
    pool: str
    job: str

    def every(self, cadence: timedelta) -> "Cycle":
        """Return the cycle in another rhythm.

        Raises:
            InputError: the cadence is below one second.
        """
        if cadence < SHORTEST:
            raise InputError(f"cycle {self.name!r}: cadence {cadence.total_seconds():g} s; the shortest is 1 s")
        return replace(self, cadence=cadence)
