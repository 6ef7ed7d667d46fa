"""Which cycles are paused, and their newest runs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from grace_workers.orchestration.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Who paused a cycle, when and why. Its slots pass without a run."""

    by: str
    reason: str
    at: datetime


class CycleStore(Protocol):
    """Which cycles are paused, and their newest runs."""

    def paused(self) -> Mapping[str, Pause]:
        """Return the pauses by the cycles' names."""

    def pause(self, name: str, pause: Pause) -> bool:
        """Pause a cycle; return False if it is paused already, which leaves the earlier pause."""

    def resume(self, name: str) -> bool:
        """End a pause; return False if there is none."""

    def runs(self, jobs: Collection[str], *, limit: int = 1, ended: bool = False) -> Sequence[Job]:
        """Return the newest `limit` jobs of each of these names, newest first; with `ended`, of those that ended.

        The names are those of cycles, as `cycle.goals`.
        """
