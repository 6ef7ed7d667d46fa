from pathlib import Path

import pytest

from grace_workers.entrypoints.cli.calendar import orders_of
from grace_workers.foundation.errors import InputError

FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//test//EN
BEGIN:VEVENT
UID:1
SUMMARY:Release freeze
DTSTART;TZID=Europe/Berlin:20270104T200000
DTEND;TZID=Europe/Berlin:20270104T230000
RRULE:FREQ=WEEKLY;BYDAY=MO
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20271224
DURATION:P2D
END:VEVENT
END:VCALENDAR
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "freezes.ics"
    path.write_text(text.replace("\n", "\r\n"))
    return path


def test_each_event_becomes_a_window(tmp_path: Path) -> None:
    release, holidays = orders_of(write(tmp_path, FILE))
    assert release == {
        "name": "Release freeze",
        "reason": "Release freeze",
        "starts_at": "2027-01-04T20:00:00+01:00",
        "lasts": "10800s",
        "zone": "Europe/Berlin",
        "rule": "FREQ=WEEKLY;BYDAY=MO",
    }
    assert holidays["lasts"] == "172800s"
    assert holidays["starts_at"] == "2027-12-24T00:00:00+00:00"
    assert holidays["name"] == "event 2 of freezes.ics"


@pytest.mark.parametrize("text", ["", "no calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"])
def test_what_is_no_calendar_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        orders_of(write(tmp_path, text))


def test_an_event_without_a_time_is_named(tmp_path: Path) -> None:
    text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n"
    with pytest.raises(InputError, match=r"event 1 of .* has no usable time"):
        orders_of(write(tmp_path, text))
