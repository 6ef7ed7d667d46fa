"""`Alarm`: the parts of an incident that grouping compares."""

from dataclasses import dataclass
from datetime import datetime

from grace_workers.foundation.ids import IncidentId, TargetName


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An incident on a target, opened at a moment. A greater `rank` is worse, and `kind` is what failed alike before.

    A `settled` alarm stays where it is: in the group that `part_of` leads, or in its own.
    """

    id: IncidentId
    target: TargetName
    at: datetime
    part_of: IncidentId | None = None
    settled: bool = False
    rank: int = 0
    kind: str = ""

    @property
    def order(self) -> tuple[datetime, IncidentId]:
        """The sort key by time, which is the same on every node."""
        return self.at, self.id

    @property
    def precedence(self) -> tuple[int, datetime, IncidentId]:
        """The sort key on one target: the worst leads, and among equals the first."""
        return -self.rank, self.at, self.id
