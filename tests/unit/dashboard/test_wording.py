"""How states, spans and figures read."""

from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.entrypoints.dashboard.wording import ago, between, cadence, figure, percent, span, tone, until, words
from grace_workers.orchestration.dossier import Closing
from grace_workers.signals import IncidentState, Severity

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "—"),
        (0.0042, "4 ms"),
        (2.34, "2.3 s"),
        (42.4, "42 s"),
        (61, "1 min 01 s"),
        (300, "5 min"),
        (3599.9, "59 min 59 s"),
        (3700, "1 h 01 min"),
        (2_592_000, "30 d"),
        (90_000, "1 d 01 h"),
    ],
)
def test_a_span_reads_in_its_two_largest_units(seconds, told):
    assert span(seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (1, "every second"),
        (0.5, "every 0.5 seconds"),
        (90, "every 90 seconds"),
        (60, "every minute"),
        (300, "every 5 minutes"),
        (3600, "every hour, on the hour"),
        (7200, "every 2 hours"),
        (86_400, "every day, at 00:00 UTC"),
        (604_800, "every 7 days"),
    ],
)
def test_a_cadence_reads_as_people_say_it(seconds, told):
    assert cadence(seconds) == told


def test_a_time_reads_as_the_distance_from_now_and_a_clock_ahead_is_no_negative_one():
    assert ago(NOW - timedelta(minutes=3), NOW) == "3 min ago"
    assert ago(NOW + timedelta(minutes=3), NOW) == "just now"
    assert until(NOW + timedelta(hours=5), NOW) == "in 5 h"
    assert until(NOW, NOW) == "expired"
    assert between(NOW.isoformat(), None) == "—"
    assert between(NOW.isoformat(), (NOW - timedelta(1)).isoformat()) == "0 ms"


def test_a_figure_has_no_more_digits_than_a_person_reads():
    assert [figure(one) for one in (None, 3.0, 746.732, 12_345.6, 0.04)] == ["—", "3", "747", "12,346", "0.04"]
    assert [percent(one) for one in (None, 0.024, 1.0)] == ["—", "2%", "100%"]


def test_a_name_of_the_api_reads_as_words():
    assert words("awaiting_approval") == "awaiting approval"
    assert words(None) == "—"


@pytest.mark.parametrize("state", [*IncidentState, *Severity, *(one for one in Closing if one != Closing.DISMISSED)])
def test_every_state_of_an_incident_has_a_tone(state):
    # `closed` alone says nothing: a closed incident shows how it ended.
    assert (tone(state) == "plain") is (state == IncidentState.CLOSED)
