"""How incidents and runs ended, counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.cycles import OutcomeCount

PROMPT = timedelta(seconds=2)
"""Within this time of its first signal, governance is to have decided about an incident."""
ENDED_BY_ITSELF = ("resolved", "dismissed")


class OutcomeStore(Protocol):
    """How incidents and runs ended, counted."""

    def counted(self, *, since: datetime, every: timedelta) -> Sequence[OutcomeCount]:
        """Return the counts since then in slices of `every`, oldest first, without the empty ones.

        Slices are whole multiples of `every` since the Unix epoch, which `every` of a day makes days of UTC.
        """
        ...

    def first_healed(self, *, limit: int = 10_000) -> Sequence[datetime]:
        """Return when each signature was healed for the first time, oldest first."""

    def first_heal(self) -> datetime | None:
        """Return when anything was healed for the first time."""
        ...
