"""How long a condition that a trigger sees must last before it is told, as proposals set it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pydantic import Field

from grace_workers.cycles.fleet_change import FleetChange
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName

THRESHOLD = "threshold"
LONGEST_HOLD = 600


class TriggerHold(Document):
    """A trigger's condition on a target is told once it has lasted for so many seconds."""

    trigger: str = Field(max_length=200)
    target: str = Field(max_length=200)
    seconds: int = Field(ge=1, le=LONGEST_HOLD)

    @property
    def subject(self) -> str:
        """What it is about. An @ would make it look like a password in an address, which is starred."""
        return f"{self.trigger}.{self.target}"

    @property
    def words(self) -> str:
        """Return it in words."""
        minutes, rest = divmod(self.seconds, 60)
        return f"told after {self.seconds} s" if rest else f"told after {minutes} min"


def holds_of(changes: Sequence[FleetChange]) -> Mapping[tuple[str, TargetName], timedelta]:
    """Return the holds in force, by trigger and target."""
    holds = [TriggerHold.read(dict(one.content), f"change {one.key}") for one in changes]
    return {(one.trigger, TargetName(one.target)): timedelta(seconds=one.seconds) for one in holds}
