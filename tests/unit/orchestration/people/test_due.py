"""Which notices of an escalation are due."""

from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.orchestration.people.due import due
from grace_workers.orchestration.people.roster import EscalationPolicy, EscalationStep

MINUTE = timedelta(minutes=1)
SINCE = datetime(2026, 11, 18, 12, tzinfo=UTC)
UP = EscalationPolicy(
    name="all",
    steps=(
        EscalationStep(ways=("chat",), every=5 * MINUTE, times=2),
        EscalationStep(ways=("mail", "chat"), after=10 * MINUTE),
        EscalationStep(ways=("pager",), after=30 * MINUTE, every=10 * MINUTE, times=3),
    ),
)


@pytest.mark.parametrize(
    ("minutes", "places"),
    [
        (0, {"chat": "00.000"}),
        (6, {"chat": "00.001"}),
        (9, {"chat": "00.001"}),
        (10, {"chat": "01.000", "mail": "01.000"}),
        (31, {"chat": "01.000", "mail": "01.000", "pager": "02.000"}),
        (500, {"chat": "01.000", "mail": "01.000", "pager": "02.002"}),
    ],
)
def test_the_last_place_that_is_due_counts_for_each_way(minutes, places):
    assert due(UP, SINCE, SINCE + minutes * MINUTE, taken=False) == places


def test_what_someone_has_taken_goes_no_further_up():
    assert due(UP, SINCE, SINCE + 500 * MINUTE, taken=True) == {"chat": "00.000"}


def test_nothing_is_due_before_its_time():
    assert due(UP, SINCE, SINCE - MINUTE, taken=False) == {}
