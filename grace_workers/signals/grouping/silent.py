"""Causes that report nothing themselves: shared dependencies of several failures that have no other origin."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals.grouping.alarm import Alarm
from grace_workers.signals.grouping.price import QUIET, SILENT, Pace, price
from grace_workers.signals.grouping.topology import Topology

_TOGETHER = timedelta(minutes=2)
_EARLIER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """The silent cause of a failure, in words; `leader` is the first failure that it explains."""

    leader: IncidentId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Theory:
    cause: TargetName
    roots: tuple[Alarm, ...]
    gain: float


def silent_causes(
    roots: Sequence[Alarm], alarms: Sequence[Alarm], topology: Topology, pace: Pace, separate: float
) -> Mapping[IncidentId, Silent]:
    """Return the silent cause of each of the `roots` that has one, except the first root of a cause; best first.

    Greedy, by how much cheaper the explanation becomes; source: Kompella et al., IP Fault Localization via Risk
    Modeling, NSDI 2005. Roots are given in order of time.
    """
    heard: dict[TargetName, list[datetime]] = defaultdict(list)
    for one in alarms:
        heard[one.target].append(one.at)
    theories = sorted(_theories(roots, heard, topology, pace, separate), key=lambda one: (-one.gain, one.cause))
    found: dict[IncidentId, Silent] = {}
    explained: set[IncidentId] = set()
    for theory in theories:
        free = [
            one for one in theory.roots if one.id not in explained and not (one.settled and one is not theory.roots[0])
        ]
        if len(free) < 2:  # noqa: PLR2004 - one failure alone needs no other cause
            continue
        explained.update(one.id for one in free)
        why = f"both depend on {theory.cause}, which reported nothing itself"
        for one in free[1:]:
            found[one.id] = Silent(leader=free[0].id, why=f"{one.target} and {free[0].target} {why}")
    return found


def _theories(
    roots: Sequence[Alarm],
    heard: Mapping[TargetName, Sequence[datetime]],
    topology: Topology,
    pace: Pace,
    separate: float,
) -> Iterator[_Theory]:
    below: dict[TargetName, list[Alarm]] = defaultdict(list)
    for one in roots:
        for needed in topology.needs(one.target):
            below[needed].append(one)
    for cause, failed in below.items():
        for at, first in enumerate(failed):
            together = tuple(one for one in failed[at:] if one.at - first.at <= _TOGETHER)
            if len({one.target for one in together}) < 2:  # noqa: PLR2004
                continue
            gain = _gain(cause, together, heard, topology, pace, separate)
            if gain > 0:
                yield _Theory(cause=cause, roots=together, gain=gain)


def _gain(
    cause: TargetName,
    together: Sequence[Alarm],
    heard: Mapping[TargetName, Sequence[datetime]],
    topology: Topology,
    pace: Pace,
    separate: float,
) -> float:
    start = together[0].at
    saved = sum(separate - price(1, (one.at - start).total_seconds(), pace) for one in together)
    quiet = sum(
        not any(-_EARLIER <= moment - start <= _TOGETHER for moment in heard.get(name, ()))
        for name in topology.dependants(cause)
    )
    return saved - separate - SILENT - QUIET * quiet
