"""`Alarm`: of an incident, what grouping compares."""

from dataclasses import dataclass
from datetime import datetime

from grace_workers.foundation.ids import IncidentId, TargetName


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An incident on a target, opened at a moment. `rank` is the greater, the worse it is.

    One that is `settled` stays where it is: in the group that `part_of` leads, or in its own.
    """

    id: IncidentId
    target: TargetName
    at: datetime
    part_of: IncidentId | None = None
    settled: bool = False
    rank: int = 0

    @property
    def order(self) -> tuple[datetime, IncidentId]:
        """What sorts alarms by time, always in the same way."""
        return self.at, self.id

    @property
    def precedence(self) -> tuple[int, datetime, IncidentId]:
        """What sorts alarms on one target: the worst leads, and of those the first."""
        return -self.rank, self.at, self.id
