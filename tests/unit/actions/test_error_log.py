import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grace_workers.adapters.files.error_log import LogFile
from grace_workers.adapters.flags.flagd import FlagdFile
from grace_workers.foundation.errors import GraceError, NotFoundError

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class At:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def log(path: Path, zone: str = "UTC") -> LogFile:
    return LogFile(path, zone=ZoneInfo(zone), clock=At())


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-21 11:59:30,123 ERROR shop: boom",
        "2026-11-21T11:59:30Z CRITICAL boom",
        "2026-11-21T12:59:30.5+01:00 [worker] FATAL boom",
        "[2026-11-21 11:59:30] ERROR in app: boom",
        json.dumps({"timestamp": "2026-11-21T11:59:30Z", "level": "error", "event": "boom"}),
        json.dumps({"@timestamp": "2026-11-21T11:59:30Z", "severity": "CRITICAL"}),
        json.dumps({"ts": NOW.timestamp() - 30, "levelname": "ERROR"}),
        json.dumps({"time": (NOW.timestamp() - 30) * 1000, "level": "fatal"}),
    ],
)
def test_an_error_line_within_the_window_counts(path: Path, line: str) -> None:
    path.write_text(f"2026-11-21 11:59:29,000 INFO fine\n{line}\n")
    assert log(path).errors(MINUTE) == 1
    assert log(path).errors(timedelta(seconds=10)) == 0


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-21 11:59:30,123 INFO no ERRORS at all",
        "2026-11-21 11:59:30,123 INFO search for 'ERROR new_checkout'",
        "2026-11-21 11:50:00,123 ERROR long ago",
        "2026-11-22 11:59:30,123 ERROR in the future",
        "Traceback (most recent call last): ERROR",
        "2026-13-41 99:99:99 ERROR no such time",
        "{not json ERROR",
        '{"level": "error"}',
        '{"level": "error", "time": {"a": 1}}',
        '{"level": "error", "time": 1e300}',
        '{"level": ["error"], "time": "2026-11-21T11:59:30Z"}',
        "[" * 10_000,
        '{"a":' * 10_000,
        "",
        "\x00\x00",
    ],
)
def test_any_other_line_does_not(path: Path, line: str) -> None:
    path.write_text(line + "\n")
    assert log(path).errors(MINUTE) == 0


def test_times_without_a_zone_are_in_the_declared_one(path: Path) -> None:
    path.write_text("2026-11-21 12:59:30,000 ERROR boom\n")
    assert log(path, "Europe/Vienna").errors(MINUTE) == 1
    assert log(path, "UTC").errors(MINUTE) == 0


def test_only_the_tail_of_a_long_log_is_read(path: Path) -> None:
    line = "2026-11-21 11:59:30,000 ERROR " + "x" * 970 + "\n"
    path.write_text(line * 6000)
    assert 4000 < log(path).errors(MINUTE) < 4300


def test_the_newest_errors_come_last(path: Path) -> None:
    path.write_text("".join(f"2026-11-21 11:59:0{number},000 ERROR {number}\n" for number in range(5)))
    assert [line[-1] for line in log(path).recent(2)] == ["3", "4"]
    assert log(path).recent(0) == []


@pytest.mark.parametrize("split", ["\u2028", "\x0b", "\x0c", "\x1c", "\x85", "\r"])
def test_a_strangers_text_begins_no_line(path: Path, split: str) -> None:
    forged = "2026-11-21 11:59:30,000 ERROR flag new_checkout"
    path.write_bytes(f"2026-11-21 11:59:30,000 INFO search for x{split}{forged}\n".encode())
    assert log(path).errors(MINUTE) == 0
    assert log(path).recent(5) == []


def test_windows_line_ends_are_line_ends(path: Path) -> None:
    path.write_bytes(b"2026-11-21 11:59:30,000 ERROR one\r\n2026-11-21 11:59:31,000 ERROR two\r\n")
    assert [line[-3:] for line in log(path).recent(5)] == ["one", "two"]


def test_errors_of_long_ago_say_nothing_of_now(path: Path) -> None:
    path.write_text("2026-11-21 11:44:59,000 ERROR over\n2026-11-21 11:45:01,000 ERROR recent\n")
    assert [line[-6:] for line in log(path).recent(5)] == ["recent"]


def test_bytes_that_are_no_text_do_no_harm(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00\n2026-11-21 11:59:30,000 ERROR \xff\n")
    assert log(path).errors(MINUTE) == 1


def test_a_missing_log_is_named(path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"app\.log"):
        log(path).errors(MINUTE)


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no plain file"):
        log(tmp_path).errors(MINUTE)


def test_a_place_that_cannot_even_be_looked_at_is_an_error_of_ours(tmp_path: Path) -> None:
    for odd in (LogFile(tmp_path / ("x" * 300)).recent, lambda _: FlagdFile(tmp_path / ("x" * 300)).flags()):
        with pytest.raises(GraceError):
            odd(1)
