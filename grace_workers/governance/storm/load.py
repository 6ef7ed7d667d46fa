"""`Load`: what is at work, what is down and what was tried, at the moment of a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.foundation.ids import TargetName

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RunCount:
    """The runs of one scope: those in progress, and those that began by themselves within the hour.

    Runs before a person lifted the scope's brake are not among the latter.
    """

    at_once: int = 0
    begun: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """What stopped the fleet from acting by itself in a scope, until a person lifts it."""

    scope: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An ended run against one cause on one target. `approach` is the share of the way to the bound that it covered.

    None: no reading was taken after it.
    """

    playbook: str
    at: datetime
    helped: bool
    approach: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load of the fleet, as one plan needs to know it.

    `held` are the targets that other runs hold. `down` are the targets that are down, and whether something is being
    done about each. `missed` are targets of the plan's service on which its playbook did not help within the hour.
    `attempts` are the last runs against the plan's cause on its target, newest first.
    """

    tallies: Mapping[str, RunCount] = field(default_factory=dict)
    brakes: tuple[Brake, ...] = ()
    held: frozenset[TargetName] = frozenset()
    down: Mapping[TargetName, bool] = field(default_factory=dict)
    missed: tuple[TargetName, ...] = ()
    attempts: tuple[Attempt, ...] = ()
