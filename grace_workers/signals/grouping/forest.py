"""`grouped`: the incidents that have one cause, and which of them leads.

A fault shows first at the part that fails and then at its dependants, so each failure has its likeliest origin among
the failures of its dependencies; source: Gruschke, Integrated Event Management: Event Correlation Using Dependency
Graphs, DSOM 1998. If each failure takes its cheapest origin or none, the result is the cheapest forest; source:
Edmonds, Optimum Branchings, 1967. Each tree is a group, and its root leads, in any order of reports.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import assert_never

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals.grouping.alarm import Alarm
from grace_workers.signals.grouping.habits import Habits
from grace_workers.signals.grouping.price import PAIR_STEPS, Pace, price
from grace_workers.signals.grouping.shown import Shown
from grace_workers.signals.grouping.silent import Silent, silent_causes
from grace_workers.signals.grouping.topology import Topology

GROUP_HORIZON = timedelta(minutes=10)
"""How far apart in time two failures of one cause may be reported."""

GROUP_SETTLED = GROUP_HORIZON / 2
"""After this time an incident keeps its leader, whatever is reported later."""

_UNKNOWN = Habits()
_ROUNDS = 2
_HORIZON = GROUP_HORIZON.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlace:
    """The place of an incident in its group: its leader, None when it leads; and why, in words for people.

    `depends`: its target is the leader's target, or depends on it, directly or step by step.
    """

    leader: IncidentId | None = None
    why: str = ""
    depends: bool = False


class _Link(StrEnum):
    """Why one failure may explain another."""

    DECLARED = "declared"
    PAIRED = "paired"
    UNFOUNDED = "unfounded"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    alarm: Alarm
    steps: int
    link: _Link = _Link.DECLARED
    extra: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """Where origins are looked for."""

    shown: Shown
    topology: Topology
    habits: Habits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """The root that an alarm leads back to; `declared` if every link on the way is a declared dependency."""

    root: Alarm
    declared: bool


def origins_of(
    alarms: Sequence[Alarm], topology: Topology, habits: Habits = _UNKNOWN
) -> Mapping[IncidentId, IncidentId]:
    """Return the likeliest origin of each incident that has one and is not settled."""
    origins, _ = _origins(sorted(alarms, key=lambda one: one.order), topology, habits)
    return {one: found.alarm.id for one, found in origins.items()}


def grouped(alarms: Sequence[Alarm], topology: Topology, habits: Habits = _UNKNOWN) -> Mapping[IncidentId, GroupPlace]:
    """Return where each incident belongs; the order of the alarms does not matter."""
    ordered = sorted(alarms, key=lambda one: one.order)
    origins, pace = _origins(ordered, topology, habits)
    trees = _trees(ordered, origins)
    leading = {tree.root.id: tree.root for tree in trees.values() if tree.root.part_of is None}
    first = sorted(leading.values(), key=lambda one: one.order)
    silent = silent_causes(first, ordered, topology, pace, habits.separate)
    return {one.id: _place(one, trees[one.id], origins, silent) for one in ordered}


def _origins(ordered: Sequence[Alarm], topology: Topology, habits: Habits) -> tuple[Mapping[IncidentId, _Origin], Pace]:
    """Return the origin of each incident that has one, and the pace that they show."""
    pace, origins = Pace.of((), habits.pace), dict[IncidentId, _Origin]()
    sight = _Sight(shown=Shown(ordered), topology=topology, habits=habits)
    for _ in range(_ROUNDS):
        free = (one for one in ordered if not one.settled)
        origins = {one.id: found for one in free if (found := _origin(one, sight, pace)) is not None}
        pace = Pace.of(
            [abs(_after(one, origins[one.id].alarm)) / origins[one.id].steps for one in _far(ordered, origins)],
            habits.pace,
        )
    return origins, pace


def _origin(new: Alarm, sight: _Sight, pace: Pace) -> _Origin | None:
    """Return the likeliest origin of a failure; None when a separate cause is likelier."""
    habits = sight.habits
    best, cheapest = None, habits.separate - habits.seldom_follow.get(new.kind, 0.0)
    lowest = min((0.0, *habits.seldom_lead.values()))
    for least, candidates in _candidates(new, sight, pace):
        # In a storm most targets are too far away to be cheaper than one that is near.
        for other in candidates() if least + lowest < cheapest else ():
            after = _after(new, other.alarm)
            cost = price(other.steps, after, pace) + other.extra + habits.seldom_lead.get(other.alarm.kind, 0.0)
            if cost < cheapest and abs(after) <= _HORIZON:
                best, cheapest = other, cost
    return best


def _candidates(new: Alarm, sight: _Sight, pace: Pace) -> Iterator[tuple[float, Callable[[], Sequence[_Origin]]]]:
    """Yield the origins that come into question in groups, each with the least that one of them can cost."""
    shown, topology, habits = sight.shown, sight.topology, sight.habits
    for target, steps in topology.reach(new.target).items():
        yield price(steps, 0.0, pace), partial(_declared_origins, new, shown, target, steps)
    for target in sorted(topology.paired(new.target)):
        yield price(PAIR_STEPS, 0.0, pace), partial(_paired_origins, new, shown, target)
    if habits.unfounded < habits.separate and (last := shown.last(new)) is not None:
        unfounded = _Origin(alarm=last, steps=1, link=_Link.UNFOUNDED, extra=habits.unfounded)
        yield price(1, 0.0, pace) + habits.unfounded, lambda: [unfounded]


def _declared_origins(new: Alarm, shown: Shown, target: TargetName, steps: int) -> Sequence[_Origin]:
    found = shown.near(new, target) if steps else shown.preceding(new)
    return [_Origin(alarm=other, steps=steps) for other in found]


def _paired_origins(new: Alarm, shown: Shown, target: TargetName) -> Sequence[_Origin]:
    return [_Origin(alarm=other, steps=PAIR_STEPS, link=_Link.PAIRED) for other in shown.before(new, target)]


def _far(ordered: Sequence[Alarm], origins: Mapping[IncidentId, _Origin]) -> Iterator[Alarm]:
    return (one for one in ordered if one.id in origins and origins[one.id].steps)


def _after(one: Alarm, cause: Alarm) -> float:
    return (one.at - cause.at).total_seconds()


def _trees(ordered: Sequence[Alarm], origins: Mapping[IncidentId, _Origin]) -> Mapping[IncidentId, _Tree]:
    """Return the tree of each alarm; of targets that depend on each other in a cycle, the first is the root."""
    found: dict[IncidentId, _Tree] = {}
    for one in ordered:
        path: dict[IncidentId, Alarm] = {}
        at = one
        while at.id in origins and at.id not in path and at.id not in found:
            path[at.id] = at
            at = origins[at.id].alarm
        tree = found.get(at.id) or _Tree(root=at, declared=True)
        if at.id in path:
            ring = [*path.values()][[*path].index(at.id) :]
            declared = all(origins[member.id].link is _Link.DECLARED for member in ring)
            tree = _Tree(root=min(ring, key=lambda member: member.order), declared=declared)
        found.setdefault(at.id, tree)
        for member in reversed(path.values()):
            tree = _Tree(root=tree.root, declared=tree.declared and origins[member.id].link is _Link.DECLARED)
            found[member.id] = tree
    return found


def _place(
    one: Alarm, tree: _Tree, origins: Mapping[IncidentId, _Origin], silent: Mapping[IncidentId, Silent]
) -> GroupPlace:
    if one.settled:
        return GroupPlace(leader=one.part_of)
    root = tree.root
    hidden, origin = silent.get(root.id), origins.get(one.id)
    if one.id == root.id or origin is None:
        return GroupPlace() if hidden is None else GroupPlace(leader=hidden.leader, why=hidden.why)
    if hidden is not None:
        return GroupPlace(leader=hidden.leader, why=_words(one, origin))
    depends = root.part_of is None and tree.declared
    return GroupPlace(leader=root.part_of or root.id, why=_words(one, origin), depends=depends)


def _words(one: Alarm, origin: _Origin) -> str:
    match origin.link:
        case _Link.PAIRED:
            return f"{one.target} and {origin.alarm.target} have often failed together"
        case _Link.UNFOUNDED:
            return f"soon after {origin.alarm.target}; failures here often spread where no dependency is declared"
        case _Link.DECLARED:
            return _declared(one, origin)
        case _:
            assert_never(origin.link)


def _declared(one: Alarm, origin: _Origin) -> str:
    match origin.steps:
        case 0:
            return f"on {one.target} as well"
        case 1:
            return f"{one.target} depends on {origin.alarm.target}"
        case steps:
            return f"{one.target} depends on {origin.alarm.target}, over {steps} steps"
