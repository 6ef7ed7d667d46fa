"""Which incidents have one cause: from dependencies, from earlier common failures, and from time. Pure functions."""

from grace_workers.signals.grouping.alarm import Alarm
from grace_workers.signals.grouping.co_occurrence import (
    MOST_CO_OCCURRENCES,
    MOST_TOGETHER,
    CoOccurrence,
    linked,
    pairs_of,
)
from grace_workers.signals.grouping.forest import GROUP_HORIZON, GROUP_SETTLED, GroupPlace, grouped
from grace_workers.signals.grouping.habit_learning import HABIT_PAST, habits_of
from grace_workers.signals.grouping.habits import Habits
from grace_workers.signals.grouping.topology import FURTHEST_CAUSE, Topology

__all__ = [
    "FURTHEST_CAUSE",
    "GROUP_HORIZON",
    "GROUP_SETTLED",
    "HABIT_PAST",
    "MOST_CO_OCCURRENCES",
    "MOST_TOGETHER",
    "Alarm",
    "CoOccurrence",
    "GroupPlace",
    "Habits",
    "Topology",
    "grouped",
    "habits_of",
    "linked",
    "pairs_of",
]
