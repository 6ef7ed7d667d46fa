"""`Lever`: a figure of the fleet that may be changed while it runs. A file each in `levers`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from grace_workers.cycles import levers
from grace_workers.cycles.experiments import Arm, arm_of
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.ids import TargetKind, TargetName

FLEET = TargetName("grace.fleet")
"""The fleet as a target, which no one declares: its levers are the limits that it plays `ServiceLimits` with."""

FLEET_KIND = TargetKind("fleet")
ON_TRIAL = "_on_trial"
"""What the name of a lever's other value ends with: a plan that may set it allows an experiment between the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A figure with bounds, which takes effect within some seconds, on every node. `unit` is for people.

    `pool` is the pool whose slots it counts; the jobs of that pool alone tell what it does. `delay` is how many seconds
    a job waits for each unit of it, on average, if the job has to wait for it at all.
    """

    name: str
    summary: str
    unit: str
    lowest: int
    highest: int
    pool: str | None = None
    delay: float | None = None

    def around(self, value: int, step: float = 1.5) -> Sequence[int]:
        """Return the values to try next: `step` times as much, and one `step`-th; within the bounds."""
        steps = (max(value + 1, round(value * step)), min(value - 1, round(value / step)))
        bounded = (min(max(one, self.lowest), self.highest) for one in steps)
        return [one for one in bounded if one != value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When blocks run with the other value. It ends by itself at `until`, which each look moves ahead."""

    seed: int
    began: datetime
    block: timedelta
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverSetting:
    """What was set of a lever: its value, None for that of the settings; the other one, and when it runs."""

    name: str
    value: int | None = None
    trial: int | None = None
    schedule: Schedule | None = None

    def at(self, now: datetime, usual: int) -> int:
        """Return the value in force, if the settings say `usual`."""
        present, times = usual if self.value is None else self.value, self.schedule
        if self.trial is None or times is None or not times.began <= now < times.until:
            return present
        block = int((now - times.began) / times.block)
        return self.trial if arm_of(times.seed, block) is Arm.OTHER else present


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverStep:
    """What happens to a lever that a granted plan has put on trial: its blocks go on, or without a schedule it ends.

    A `reason` is audited; a step without one only moves the end of the schedule.
    """

    lever: str
    schedule: Schedule | None
    reason: str | None = None


@cache
def declared_levers() -> Catalog[Lever]:
    """Return all levers. Raises CatalogError for a faulty definition."""
    return discover(levers, Lever, label="lever")
