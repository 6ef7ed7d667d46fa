"""`Shown`: the failures of each target in the order of time, of which only the nearest can be an origin."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Sequence

from grace_workers.foundation.ids import TargetName
from grace_workers.signals.grouping.alarm import Alarm


class Shown:
    """The alarms by target and rank.

    The price of an origin grows with the time between the two failures. So of all failures of a target with one rank,
    only the nearest before and the nearest after can be the cheapest, and of those at one moment the first.
    """

    def __init__(self, ordered: Sequence[Alarm]) -> None:
        """Take alarms in their order."""
        self._ordered = ordered
        self._alarms: dict[TargetName, dict[int, list[Alarm]]] = defaultdict(lambda: defaultdict(list))
        for one in ordered:
            self._alarms[one.target][one.rank].append(one)

    def near(self, new: Alarm, target: TargetName) -> Sequence[Alarm]:
        """Return the nearest failures of another target, in their order."""
        return self._nearest(new, target, before=self._ranks(target), after=self._ranks(target))

    def before(self, new: Alarm, target: TargetName) -> Sequence[Alarm]:
        """Return the nearest failures of another target before this one, in their order."""
        return self._nearest(new, target, before=self._ranks(target))

    def preceding(self, new: Alarm) -> Sequence[Alarm]:
        """Return the nearest on the same target that lead before it: worse ones, and earlier ones as bad as it is."""
        worse = [rank for rank in self._ranks(new.target) if rank > new.rank]
        return self._nearest(new, new.target, before=[*worse, new.rank], after=worse)

    def last(self, new: Alarm) -> Alarm | None:
        """Return the nearest failure of any other target before this one."""
        here = bisect_left(self._ordered, new.order, key=lambda one: one.order)
        return next((one for one in reversed(self._ordered[:here]) if one.target != new.target), None)

    def _ranks(self, target: TargetName) -> Collection[int]:
        return self._alarms.get(target, {}).keys()

    def _nearest(
        self, new: Alarm, target: TargetName, *, before: Collection[int], after: Collection[int] = ()
    ) -> Sequence[Alarm]:
        found = []
        for rank, alarms in self._alarms.get(target, {}).items():
            here = bisect_left(alarms, new.order, key=lambda one: one.order)
            if rank in before and here:
                found.append(alarms[bisect_left(alarms, alarms[here - 1].at, key=lambda one: one.at)])
            if rank in after and here < len(alarms):
                found.append(alarms[here])
        return sorted(found, key=lambda one: one.order)
