"""`grouped`: the incidents that have one cause, and which of them leads.

A fault shows first at the part that fails and then at its dependants, so each failure has its likeliest origin among
the failures of its dependencies; source: Gruschke, Integrated Event Management: Event Correlation Using Dependency
Graphs, DSOM 1998. If each failure takes its cheapest origin or none, the result is the cheapest forest; source:
Edmonds, Optimum Branchings, 1967. Each tree is a group, and its root leads, in any order of reports.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals.grouping.alarm import Alarm
from grace_workers.signals.grouping.price import ANOTHER_CAUSE, PAIR_STEPS, Pace, price
from grace_workers.signals.grouping.silent import Silent, silent_causes
from grace_workers.signals.grouping.topology import Topology

GROUP_HORIZON = timedelta(minutes=10)
"""How far apart in time two failures of one cause may be reported."""

GROUP_SETTLED = GROUP_HORIZON / 2
"""After this time an incident keeps its leader, whatever is reported later."""

_ROUNDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlace:
    """The place of an incident in its group: its leader, None when it leads; and why, in words for people.

    `depends`: its target is the leader's target, or depends on it, directly or step by step.
    """

    leader: IncidentId | None = None
    why: str = ""
    depends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    alarm: Alarm
    steps: int
    paired: bool


def grouped(alarms: Sequence[Alarm], topology: Topology) -> Mapping[IncidentId, GroupPlace]:
    """Return where each incident belongs; the order of the alarms does not matter."""
    ordered = sorted(alarms, key=lambda one: one.order)
    at: dict[TargetName, list[Alarm]] = defaultdict(list)
    for one in ordered:
        at[one.target].append(one)
    pace, origins = Pace(), dict[IncidentId, _Origin]()
    for _ in range(_ROUNDS):
        free = (one for one in ordered if not one.settled)
        origins = {one.id: found for one in free if (found := _origin(one, at, topology, pace)) is not None}
        pace = Pace.of(
            [abs(_after(one, origins[one.id].alarm)) / origins[one.id].steps for one in _far(ordered, origins)]
        )
    roots = {one.id: _root(one, origins) for one in ordered}
    leading = {root.id: root for root in roots.values() if root.part_of is None}
    silent = silent_causes(sorted(leading.values(), key=lambda one: one.order), ordered, topology, pace)
    return {one.id: _place(one, roots[one.id], origins, silent) for one in ordered}


def _origin(new: Alarm, at: Mapping[TargetName, Sequence[Alarm]], topology: Topology, pace: Pace) -> _Origin | None:
    """Return the likeliest origin of a failure; None when a separate cause is likelier."""
    best, cheapest = None, ANOTHER_CAUSE
    for other in _candidates(new, at, topology):
        cost = price(other.steps, _after(new, other.alarm), pace)
        if cost < cheapest:
            best, cheapest = other, cost
    return best


def _candidates(new: Alarm, at: Mapping[TargetName, Sequence[Alarm]], topology: Topology) -> Iterator[_Origin]:
    for target, steps in topology.reach(new.target).items():
        for other in at.get(target, ()):
            if (steps or other.precedence < new.precedence) and abs(other.at - new.at) <= GROUP_HORIZON:
                yield _Origin(alarm=other, steps=steps, paired=False)
    for target in sorted(topology.paired(new.target)):
        for other in at.get(target, ()):
            if other.order < new.order and new.at - other.at <= GROUP_HORIZON:
                yield _Origin(alarm=other, steps=PAIR_STEPS, paired=True)


def _far(ordered: Sequence[Alarm], origins: Mapping[IncidentId, _Origin]) -> Iterator[Alarm]:
    return (one for one in ordered if one.id in origins and origins[one.id].steps)


def _after(one: Alarm, cause: Alarm) -> float:
    return (one.at - cause.at).total_seconds()


def _root(one: Alarm, origins: Mapping[IncidentId, _Origin]) -> Alarm:
    """Return the root of its tree; if targets depend on each other in a cycle, the first."""
    passed = {one.id: one}
    while one.id in origins:
        one = origins[one.id].alarm
        if one.id in passed:
            return _first_of_cycle(one, origins)
        passed[one.id] = one
    return one


def _first_of_cycle(one: Alarm, origins: Mapping[IncidentId, _Origin]) -> Alarm:
    ring, at = [one], origins[one.id].alarm
    while at.id != one.id:
        ring.append(at)
        at = origins[at.id].alarm
    return min(ring, key=lambda member: member.order)


def _place(
    one: Alarm, root: Alarm, origins: Mapping[IncidentId, _Origin], silent: Mapping[IncidentId, Silent]
) -> GroupPlace:
    if one.settled:
        return GroupPlace(leader=one.part_of)
    hidden, origin = silent.get(root.id), origins.get(one.id)
    if one.id == root.id or origin is None:
        return GroupPlace() if hidden is None else GroupPlace(leader=hidden.leader, why=hidden.why)
    if hidden is not None:
        return GroupPlace(leader=hidden.leader, why=_words(one, origin))
    depends = root.part_of is None and all(not link.paired for link in _path(one, origins))
    return GroupPlace(leader=root.part_of or root.id, why=_words(one, origin), depends=depends)


def _path(one: Alarm, origins: Mapping[IncidentId, _Origin]) -> Iterator[_Origin]:
    seen: set[IncidentId] = set()
    while one.id in origins and one.id not in seen:
        seen.add(one.id)
        yield origins[one.id]
        one = origins[one.id].alarm


def _words(one: Alarm, origin: _Origin) -> str:
    if origin.paired:
        return f"{one.target} and {origin.alarm.target} have often failed together"
    match origin.steps:
        case 0:
            return f"on {one.target} as well"
        case 1:
            return f"{one.target} depends on {origin.alarm.target}"
        case steps:
            return f"{one.target} depends on {origin.alarm.target}, over {steps} steps"
