import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grace_workers.drivers._shared.error_log import LogFile
from grace_workers.drivers._shared.log_line import LogReader
from grace_workers.drivers.flags.flagd import FlagdFile
from grace_workers.foundation.errors import GraceError, NotFoundError, PermanentError

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class At:
    """A clock that never advances."""

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


ERRORS_AT_11_59_30 = {
    "python": "2026-11-21 11:59:30,123 - shop.tax - ERROR - boom",
    "python level first": "ERROR 2026-11-21 11:59:30,123 views 77 12 boom",
    "structlog": "2026-11-21 11:59:30 [error    ] boom                 key=7",
    "loguru": "2026-11-21 11:59:30.123 | ERROR    | shop.tax:pay:12 - boom",
    "gunicorn": "[2026-11-21 11:59:30 +0000] [123] [ERROR] Exception in worker",
    "celery": "[2026-11-21 11:59:30,123: ERROR/MainProcess] Task shop.pay[1] raised unexpected",
    "django access": '[21/Nov/2026 11:59:30] "GET /pay HTTP/1.1" 500 145',
    "werkzeug": '127.0.0.1 - - [21/Nov/2026 11:59:30] "GET /pay HTTP/1.1" 500 -',
    "nginx access": '10.0.0.1 - - [21/Nov/2026:11:59:30 +0000] "GET /pay HTTP/1.1" 502 157 "-" "curl/8"',
    "apache with host": 'shop:443 10.0.0.1 - ann [21/Nov/2026:12:59:30 +0100] "GET /p\\"q HTTP/1.1" 503 1',
    "nginx error": "2026/11/21 11:59:30 [error] 123#0: *7 connect() failed, client: 10.0.0.1",
    "nginx emerg": "2026/11/21 11:59:30 [emerg] 1#1: bind() failed",
    "apache error": "[Sat Nov 21 11:59:30.123456 2026] [proxy:error] [pid 7:tid 9] AH01114: failed",
    "syslog 3164": "Nov 21 11:59:30 host shop[7]: ERROR boom",
    "syslog 3164 lower": "Nov 21 11:59:30 host sshd[7]: error: no such key",
    "syslog 3164 by priority": "<11>Nov 21 11:59:30 host shop: boom",
    "syslog 5424": "<27>1 2026-11-21T11:59:30.123Z host shop 7 ID1 - boom",
    "journal iso": "2026-11-21T11:59:30+0000 host shop[7]: ERROR boom",
    "log4j": "2026-11-21 11:59:30,123 [main] ERROR com.shop.Tax - boom",
    "logback": "11:59:30.123 [main] ERROR c.s.Tax - boom",
    "spring": "2026-11-21T11:59:30.123Z ERROR 1 --- [main] c.s.Tax : boom",
    "tomcat": "21-Nov-2026 11:59:30.123 SEVERE [main] org.apache.Foo boom",
    "postgres": "2026-11-21 11:59:30.123 UTC [77] shop@db ERROR:  relation is missing",
    "postgres panic": "2026-11-21 11:59:30.123 UTC [77] PANIC:  could not write",
    "mysql": "2026-11-21T11:59:30.123456Z 0 [ERROR] [MY-010119] [Server] Aborting",
    "ruby": "E, [2026-11-21T11:59:30.123456 #77] ERROR -- : boom",
    "rust": "[2026-11-21T11:59:30Z ERROR shop] boom",
    "go zap": "2026-11-21T11:59:30.123Z\tERROR\tshop/main.go:7\tboom",
    "winston": "2026-11-21T11:59:30.123Z error: boom",
    "kubernetes": "2026-11-21T11:59:30.123456789Z stderr F ERROR boom",
    "klog": "E1121 11:59:30.123456       7 reflector.go:12] boom",
    "glog fatal": "F1121 11:59:30.123456 7 main.cc:12] boom",
    "logfmt": 'time="2026-11-21T11:59:30Z" level=error msg="boom"',
    "logfmt go-kit": "ts=2026-11-21T11:59:30.123Z caller=main.go:7 level=error err=boom",
    "json": json.dumps({"timestamp": "2026-11-21T11:59:30Z", "level": "error"}),
    "pino": json.dumps({"level": 50, "time": 1795262370000, "msg": "boom"}),
    "bunyan": json.dumps({"name": "shop", "level": 60, "time": "2026-11-21T11:59:30.123Z", "v": 0}),
    "gelf": json.dumps({"version": "1.1", "level": 3, "timestamp": 1795262370.1, "short_message": "boom"}),
    "zap json": json.dumps({"level": "error", "ts": 1795262370.12, "msg": "boom"}),
    "serilog": json.dumps({"@t": "2026-11-21T11:59:30.1234567Z", "@l": "Error", "@mt": "boom"}),
    "monolog": json.dumps({"message": "boom", "level": 400, "level_name": "ERROR", "datetime": "2026-11-21T11:59:30Z"}),
    "elastic": json.dumps({"@timestamp": "2026-11-21T11:59:30Z", "log.level": "error"}),
    "elastic nested": json.dumps({"@timestamp": "2026-11-21T11:59:30Z", "log": {"level": "error"}}),
    "python numbers": json.dumps({"asctime": "2026-11-21 11:59:30,123", "levelno": 40}),
    "docker": json.dumps({"log": "ERROR boom\n", "stream": "stderr", "time": "2026-11-21T11:59:30.123456789Z"}),
    "access json": json.dumps({"time": "2026-11-21T11:59:30+00:00", "status": 500, "request": "GET /"}),
    "google": json.dumps({"severity": "ERROR", "time": "2026-11-21T11:59:30Z"}),
}


@pytest.mark.parametrize("form", ERRORS_AT_11_59_30)
def test_an_error_in_a_form_that_people_have_is_read_with_its_time(path: Path, form: str) -> None:
    path.write_text(ERRORS_AT_11_59_30[form] + "\n")
    assert log(path).errors(MINUTE) == 1
    assert log(path).errors(timedelta(seconds=10)) == 0


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-21 11:59:30,123 INFO no ERRORS at all",
        "2026-11-21 11:59:30,123 INFO search for 'ERROR new_checkout'",
        "2026-11-21 11:50:00,123 ERROR long ago",
        "2026-11-22 11:59:30,123 ERROR in the future",
        '10.0.0.1 - - [21/Nov/2026:11:59:30 +0000] "GET /ERROR HTTP/1.1" 404 157 "-" "ERROR 500"',
        "2026/11/21 11:59:30 [warn] 1#1: [error] is said here",
        "Nov 21 11:59:30 host shop[7]: INFO error: said here",
        "<14>Nov 21 11:59:30 host shop: ERROR said here",
        "I1121 11:59:30.123456       7 main.go:12] ERROR said here",
        'time="2026-11-21T11:59:30Z" level=info msg="level=error"',
        "2026-11-21 11:59:30.123 UTC [77] LOG:  statement: SELECT 'ERROR:'",
        "2026-11-21 11:59:30.123 UTC [77] STATEMENT:  SELECT 'ERROR:'",
        json.dumps({"level": 30, "time": 1795262370000, "msg": "error"}),
        json.dumps({"level": "info", "time": "2026-11-21T11:59:30Z", "error": "level"}),
        json.dumps({"log": "INFO ERROR\n", "stream": "stderr", "time": "2026-11-21T11:59:30.123456789Z"}),
        "7:M 21 Nov 2026 11:59:30.123 * Ready to accept connections",
        "INFO:root:all is well",
        'INFO:     127.0.0.1:7 - "GET /ERROR: HTTP/1.1" 200 OK',
        "",
    ],
)
def test_any_other_line_of_a_known_form_does_not_count(path: Path, line: str) -> None:
    path.write_text(line + "\n")
    assert log(path).errors(MINUTE) == 0


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last): ERROR",
        "KeyError: 'price'",
        "2026-13-41 99:99:99 ERROR no such time",
        "2026-11-21 11:59:30 something without a level",
        "Nov 21 11:59:30 host shop[7]: something without a level",
        "oh dear, it all went wrong",
        "{not json ERROR",
        '{"message": "no level"}',
        '{"level": ["error"], "time": "2026-11-21T11:59:30Z"}',
        '{"level": "dreadful", "time": "2026-11-21T11:59:30Z"}',
        "[]",
        "[" * 10_000,
        '{"a":' * 10_000,
        "\x00\x00",
    ],
)
def test_a_log_that_cannot_be_read_says_so_instead_of_none(path: Path, line: str) -> None:
    path.write_text(line + "\n")
    with pytest.raises(PermanentError, match="cannot be read for errors"):
        log(path).errors(MINUTE)
    with pytest.raises(PermanentError, match="cannot be read for errors"):
        log(path).recent(5)


def test_earlier_readable_lines_do_not_make_the_newest_readable(path: Path) -> None:
    path.write_text("2026-11-21 11:59:00,000 INFO of before\n" * 300 + "the new release logs otherwise\n" * 20)
    with pytest.raises(PermanentError, match="known form"):
        log(path).errors(MINUTE)


def test_a_service_that_also_prints_is_read(path: Path) -> None:
    printed = "listening on port 80\n" * 3
    path.write_text(f"{printed}2026-11-21 11:59:30,000 ERROR boom\n{printed}2026-11-21 11:59:31,000 INFO fine\n")
    assert log(path).errors(MINUTE) == 1


def test_a_traceback_belongs_to_its_error(path: Path) -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 7, in pay\n    tax()\nKeyError: 1\n' * 30
    path.write_text(f"2026-11-21 11:59:30,000 ERROR boom\n{trace}")
    assert log(path).errors(MINUTE) == 1


@pytest.mark.parametrize("line", ["ERROR:root:boom", "ERROR:    Exception in ASGI application", "[ERROR] boom"])
def test_an_error_without_a_time_is_as_old_as_the_file_where_it_is_the_newest_line(path: Path, line: str) -> None:
    path.write_text(f"INFO:root:fine\n{line}\n")
    assert log(path).errors(MINUTE) == 1
    os.utime(path, (NOW.timestamp() - 120, NOW.timestamp() - 120))
    assert log(path).errors(MINUTE) == 0


def test_the_age_of_earlier_errors_without_a_time_is_unknown(path: Path) -> None:
    path.write_text("ERROR:root:boom\nINFO:root:fine\n")
    with pytest.raises(PermanentError, match="have no time"):
        log(path).errors(MINUTE)


@pytest.mark.parametrize("hours", [-1, 1, 9])
def test_a_log_in_another_zone_than_was_declared_says_so_instead_of_none(path: Path, hours: int) -> None:
    local = NOW + timedelta(hours=hours)
    path.write_text(f"{local:%Y-%m-%d %H:%M:%S},000 ERROR boom\n")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    with pytest.raises(PermanentError, match="zone"):
        log(path).errors(MINUTE)


def test_a_year_that_is_not_written_is_the_latest_that_is_not_ahead() -> None:
    reader = LogReader(UTC, datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC))
    assert reader.read("Dec 31 23:59:59 host shop: ERROR x").at == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert reader.read("23:59:59.5 [main] ERROR x").at == datetime(2026, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "line", ["a=" * 50_000, '"' * 90_000, "[21/Nov/2026:" * 9_000, "ERROR " * 20_000, " -" * 50_000]
)
def test_a_hostile_line_costs_no_more_than_a_long_one(line: str) -> None:
    began = time.process_time()
    LogReader(UTC, NOW).read(line)
    assert time.process_time() - began < 0.5


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
    with pytest.raises(NotFoundError, match="not a regular file; name one"):
        log(tmp_path).errors(MINUTE)


def test_a_path_that_cannot_be_inspected_is_our_error(tmp_path: Path) -> None:
    for odd in (LogFile(tmp_path / ("x" * 300)).recent, lambda _: FlagdFile(tmp_path / ("x" * 300)).flags()):
        with pytest.raises(GraceError):
            odd(1)
