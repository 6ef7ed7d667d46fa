"""`Season`: the usual value of a number at this hour, on working days and at weekends."""

from collections.abc import Mapping
from datetime import datetime

_FEWEST = 8
_SLOWEST = 0.01
_SATURDAY = 5


class Season:
    """A mean for each hour of working days and of weekend days, which follows slow changes."""

    def __init__(self, means: Mapping[tuple[int, bool], tuple[float, int]] | None = None) -> None:
        self._means = dict(means or {})

    @property
    def means(self) -> Mapping[tuple[int, bool], tuple[float, int]]:
        """The mean and the count by hour, and by whether it is at a weekend."""
        return self._means

    def expected(self, moment: datetime, otherwise: float) -> float:
        """Return the usual value at the hour; `otherwise` until the hour was seen eight times."""
        mean, count = self._means.get(_slot(moment), (otherwise, 0))
        return mean if count >= _FEWEST else otherwise

    def learn(self, moment: datetime, value: float) -> None:
        """Add a reading of the hour."""
        mean, count = self._means.get(_slot(moment), (value, 0))
        share = max(1 / (count + 1), _SLOWEST)
        self._means[_slot(moment)] = mean + share * (value - mean), count + 1


def _slot(moment: datetime) -> tuple[int, bool]:
    return moment.hour, moment.weekday() >= _SATURDAY
