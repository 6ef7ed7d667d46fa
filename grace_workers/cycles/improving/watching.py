"""Which readings of which targets are watched beside the triggers, as proposals set it. Pure."""

from collections.abc import Sequence
from functools import partial

from pydantic import Field

from grace_workers.cycles.fleet_change import FleetChange
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Reading, Severity, Trigger

PROBE = "probe"
LOOKS = 2


class WatchedReading(Document):
    """A reading of a target that raises a signal at or beyond its bound: `at_least` it, or else at most.

    It shows the `cause`, by the cause's own measure.
    """

    check: str = Field(max_length=100)
    target: str = Field(max_length=200)
    bound: float = Field(allow_inf_nan=False)
    at_least: bool
    cause: str = Field(max_length=100)

    @property
    def subject(self) -> str:
        """What it is about."""
        return f"{self.check}.{self.target}"

    @property
    def trigger(self) -> str:
        """The name of its signals."""
        return f"watched_{self.check}"

    @property
    def words(self) -> str:
        """Return it in words."""
        return f"{self.check} {'>=' if self.at_least else '<='} {self.bound:g} raises a signal"

    def beyond(self, value: float) -> bool:
        """Return whether a value raises a signal."""
        return value >= self.bound if self.at_least else value <= self.bound


def watched(changes: Sequence[FleetChange]) -> Sequence[WatchedReading]:
    """Return the readings that the changes in force watch."""
    return [WatchedReading.read(dict(one.content), f"change {one.key}") for one in changes]


def trigger_of(one: WatchedReading) -> Trigger:
    """Return the trigger that watches the reading of its one target."""
    return Trigger(
        name=one.trigger,
        summary=f"{one.check} shows {one.cause}",
        severity=Severity.ERROR,
        checks={one.check: one.bound},
        judge=partial(_judge, one),
        targets=frozenset({TargetName(one.target)}),
    )


def _judge(one: WatchedReading, bound: float, readings: Sequence[Reading]) -> str | None:
    """Return the reading once two looks in a row are at its bound or beyond it."""
    values = [reading.value for reading in readings[-LOOKS:] if reading.value is not None]
    if len(values) < LOOKS or not all(map(one.beyond, values)):
        return None
    return (
        f"{one.check} is {values[-1]:g}, {'at least' if one.at_least else 'at most'} {bound:g}: a sign of {one.cause}"
    )
