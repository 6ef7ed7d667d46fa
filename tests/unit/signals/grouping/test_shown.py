"""Of the failures of a target only the nearest can be the cheapest origin, so looking at them alone changes nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals.grouping.alarm import Alarm
from grace_workers.signals.grouping.price import Pace, price
from grace_workers.signals.grouping.shown import Shown

START = datetime(2026, 1, 1, tzinfo=UTC)
WEB, DATABASE = TargetName("web"), TargetName("database")


def alarm(number: int, target: TargetName, seconds: int, rank: int) -> Alarm:
    return Alarm(id=IncidentId(UUID(int=number)), target=target, at=START + timedelta(seconds=seconds), rank=rank)


ALARMS = st.lists(
    st.tuples(st.sampled_from([WEB, DATABASE]), st.integers(0, 20), st.integers(0, 2)), min_size=1, max_size=12
).map(lambda made: sorted((alarm(at, *one) for at, one in enumerate(made)), key=lambda one: one.order))


def cheapest(new: Alarm, others: Sequence[Alarm]) -> Alarm | None:
    return min(others, key=lambda one: (price(1, (new.at - one.at).total_seconds(), Pace()), one.order), default=None)


@given(ALARMS, st.integers(0, 11))
def test_the_cheapest_of_all_is_among_the_nearest(alarms: Sequence[Alarm], number: int) -> None:
    new, shown = alarms[number % len(alarms)], Shown(alarms)
    other = DATABASE if new.target == WEB else WEB
    there = [one for one in alarms if one.target == other]
    here = [one for one in alarms if one.target == new.target and one.precedence < new.precedence]
    assert cheapest(new, shown.near(new, other)) == cheapest(new, there)
    assert cheapest(new, shown.before(new, other)) == cheapest(new, [one for one in there if one.order < new.order])
    assert cheapest(new, shown.preceding(new)) == cheapest(new, here)


@given(ALARMS)
def test_few_are_looked_at(alarms: Sequence[Alarm]) -> None:
    shown = Shown(alarms)
    assert all(len(shown.near(one, WEB)) <= 6 for one in alarms if one.target == DATABASE)
