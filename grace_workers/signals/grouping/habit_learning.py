"""`habits_of`: the habits of a fleet, learned from the failures of its past. A pure function."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt

from grace_workers.foundation.ids import TargetName
from grace_workers.signals.grouping.alarm import Alarm
from grace_workers.signals.grouping.forest import grouped, origins_of
from grace_workers.signals.grouping.habits import USUAL_RATE, Habits
from grace_workers.signals.grouping.kinds import seldom
from grace_workers.signals.grouping.price import USUAL_PACE
from grace_workers.signals.grouping.topology import Topology

HABIT_PAST = 600
"""From how many failures, the newest, habits are learned."""

_DAY = 86_400.0
_NEAR, _APART, _FAR = 60.0, 300.0, 600.0
_FEW_DELAYS, _FEW_CAUSES = 10.0, 4.0
_SHORTEST = 1.0


@dataclass(frozen=True, slots=True)
class _Past:
    """When targets began to fail, in seconds since the first failure."""

    moments: list[float] = field(default_factory=list)
    of: dict[TargetName, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, target: TargetName, moment: float) -> None:
        if not self.of[target] or moment - self.of[target][-1] >= _SHORTEST:
            self.of[target].append(moment)
            self.moments.append(moment)

    def any_within(self, first: float, last: float) -> bool:
        return bisect_left(self.moments, first) < bisect_left(self.moments, last)


def habits_of(alarms: Sequence[Alarm], topology: Topology, before: Habits) -> Habits:
    """Return what the failures of the past teach; a few of them change what is usual little.

    `alarms` are in the order of time, and none is settled. `before` is what was learned earlier.
    """
    past = _Past()
    for one in alarms:
        past.add(one.target, (one.at - alarms[0].at).total_seconds())
    pace = _pace(past, topology)
    places = grouped(alarms, topology, Habits(pace=pace, rate=before.rate))
    causes = [(one.at - alarms[0].at).total_seconds() for one in alarms if places[one.id].leader is None]
    near = sum(past.any_within(at - _NEAR, at) for at in causes)
    by_chance = sum(past.any_within(at - _APART - _NEAR, at - _APART) for at in causes)
    surely = max(near - by_chance - sqrt(near + by_chance), 0.0)
    observed = (past.moments[-1] if past.moments else 0.0) * topology.size / _DAY
    own = len(causes) - max(near - by_chance, 0)
    rate = (own + _FEW_CAUSES) / (observed + _FEW_CAUSES / USUAL_RATE)
    habits = Habits(pace=pace, rate=rate, undeclared=surely / max(near, 1))
    origins = origins_of(alarms, topology, habits)
    leading = {*origins.values()}
    return habits.model_copy(
        update={
            "seldom_follow": seldom((one.kind, one.id in origins) for one in alarms),
            "seldom_lead": seldom((one.kind, one.id in leading) for one in alarms),
        }
    )


def _pace(past: _Past, topology: Topology) -> float:
    """Return the middle delay to the next dependant.

    Delays that chance alone makes are as frequent far from a failure as near it, so their density is that of the far
    half, and the rest is what spread.
    """
    delays = sorted(
        delay
        for target, moments in past.of.items()
        for moment in moments
        if (delay := _delay(past, topology, target, moment)) <= _FAR
    )
    chance = sum(delay > _FAR / 2 for delay in delays) / (_FAR / 2)
    spread = max(len(delays) - chance * _FAR, 0.0)
    middle = next((one for at, one in enumerate(delays, 1) if at - chance * one >= spread / 2), USUAL_PACE)
    known = spread * log(max(middle, _SHORTEST)) + _FEW_DELAYS * log(USUAL_PACE)
    return exp(known / (spread + _FEW_DELAYS))


def _delay(past: _Past, topology: Topology, target: TargetName, moment: float) -> float:
    """Return how long before this failure of the target a direct dependency of it failed."""
    delays = [
        moment - failed[at - 1]
        for needed in topology.needs(target)
        if (failed := past.of.get(needed)) and (at := bisect_left(failed, moment))
    ]
    return min(delays, default=_FAR + 1)
