"""One line of a log: when it was written, and whether it reports an error, in the formats that services use.

JSON objects, logfmt, access logs, klog, syslog with and without a priority, and text with a time and a level: Python,
log4j, PostgreSQL, nginx, Apache, gunicorn, celery, Django and similar. What a service writes after its level may come
from a stranger, so only the first level of a line counts. A line in none of these formats is None.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import isfinite
from typing import Any

AHEAD = timedelta(minutes=1)
_LONGEST_HEAD = 400
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_TIMES = ("timestamp", "time", "ts", "@timestamp", "@t", "datetime", "asctime", "date", "t")
_LEVELS = ("level_name", "levelname", "severity_text", "level", "lvl", "severity", "log.level", "loglevel", "@l")
_NUMBERED = "levelno"
_STATUS = ("status", "status_code")
_ERRORS = frozenset(
    {"error", "err", "fatal", "critical", "crit", "panic", "dpanic", "severe", "alert", "emerg", "emergency", "e", "f"}
)
_OTHERS = frozenset(
    {
        *("trace", "debug", "verbose", "silly", "fine", "finer", "finest", "config", "info", "information", "w", "i"),
        *("informational", "notice", "http", "log", "default", "warn", "warning", "d"),
    }
)
# Numeric levels: syslog counts down from 7, and GELF with it; pino and bunyan use 50 for an error, Monolog 400,
# Python's `levelno` 40.
_SYSLOG_ERROR, _SYSLOG_END = 3, 10
_PINO_ERROR, _PINO_END = 50, 100
_MONOLOG_ERROR, _MOST_DIGITS = 400, 4
_PYTHON_ERROR = 40
_SECONDS_END = 1e11
_UPPER = (
    "TRACE|DEBUG[1-5]?|VERBOSE|FINEST|FINER|FINE|CONFIG|INFORMATION|INFO|NOTICE|WARNING|WARN|ERROR|ERR|CRITICAL|CRIT|"
    "FATAL|PANIC|SEVERE|ALERT|EMERGENCY|EMERG"
)
_LOWER = _UPPER.lower()
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = f"(?:{'|'.join(_MONTHS)})"
_STAMP = rf"""
    (?: (?P<year>\d{{4}})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]
      | (?:{_DAY},?[ ])?(?P<name>{_MONTH})[ ]{{1,2}}(?P<day_after>\d{{1,2}})[ ]
      | (?P<day_first>\d{{1,2}})[/ -](?P<name_second>{_MONTH})[/ -](?P<year_third>\d{{4}})[: ]
    )?
    (?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?
    (?:[ ]?(?P<zone>Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b))?
    (?:[ ](?P<year_last>\d{{4}})(?=\]|\s|$))?
"""
_TEXT = re.compile(
    rf"""
    (?:<(?P<priority>\d{{1,3}})>(?:\d[ ])?)? (?:[DIWEFA],[ ])? (?P<redis>\d{{1,9}}:[A-Z][ ])?
    (?:\[?(?P<first>{_UPPER})\]?:?[\t ]{{1,9}})? [\[(]? {_STAMP}
    """,
    re.VERBOSE,
)
_LEVEL = re.compile(
    rf"""
      ^(?:[ ]\S{{1,100}}[ ][\w./-]{{1,100}}(?:\[\d{{1,9}}\])?:)?[\t ]{{0,9}}(?P<lower>{_LOWER}):[ ]
    | \b(?P<upper>{_UPPER})\b
    | \b(?:LOG|DETAIL|HINT|STATEMENT|CONTEXT|QUERY|LOCATION):
    | \[(?:[\w.-]{{1,50}}:)?(?P<bracket>(?:{_LOWER})\d?)[ ]{{0,9}}\]
    | (?:^|\s)(?:level|lvl|severity)="?(?P<pair>\w{{1,20}})
    """,
    re.VERBOSE,
)
_BARE = re.compile(rf"\[?(?:(?P<upper>{_UPPER})\b(?=[\]:\s|-])|(?P<lower>{_LOWER}):[ ])")
_ACCESS = re.compile(
    rf"(?:[^\s\[]{{1,300}} ){{0,5}}\[(?P<stamp>\d\d/{_MONTH}/\d{{4}}[: ][\d:]{{8}}(?: [+-]\d{{4}})?)\] "
    r'"(?:[^"\\]|\\.)*" (?P<status>\d{3})(?=\s|$)'
)
_KLOG = re.compile(
    r"(?P<level>[IWEF])(?P<month>\d\d)(?P<day>\d\d) (?P<clock>\d\d:\d\d:\d\d)\.(?P<fraction>\d{1,9}) +\d+ \S+:\d+\]"
)
_PAIR = re.compile(r'([A-Za-z_@][\w.@-]{0,60})=("(?:[^"\\]|\\.)*"|\S*)')
_BEGINS_PAIRS = re.compile(r"[A-Za-z_@][\w.@-]{0,60}=")
_EXACT = re.compile(_STAMP, re.VERBOSE)
_NAMED_PARTS = ("year", "year_third", "year_last"), ("day", "day_after", "day_first"), ("name", "name_second")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """The content of a line. `at` is None if it carries no time."""

    at: datetime | None
    error: bool


@dataclass(frozen=True, slots=True)
class LogReader:
    """Reads lines. Times without a zone are in `zone`; those without a year or a date are the latest before `now`."""

    zone: tzinfo
    now: datetime

    def read(self, line: str) -> LogEntry | None:
        """Return the content of the line, None if its format is unknown."""
        if line.startswith("{"):
            return self._json(line)
        if _BEGINS_PAIRS.match(line):
            return self._pairs(line)
        return self._access(line) or self._klog(line) or self._text(line) or _bare(line)

    def _json(self, line: str) -> LogEntry | None:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        at = self._moment(_first(record, _TIMES))
        if isinstance(record.get("log"), str) and "stream" in record:
            # A container engine's envelope around the line that the service wrote.
            inner = self.read(record["log"].rstrip("\n"))
            return None if inner is None else LogEntry(inner.at or at, inner.error)
        error = _record_error(record)
        return None if error is None else LogEntry(at, error)

    def _pairs(self, line: str) -> LogEntry | None:
        found: dict[str, str] = {}
        for key, value in _PAIR.findall(line):
            found.setdefault(key, value.strip('"'))
        error = _level_error(_first(found, _LEVELS))
        return None if error is None else LogEntry(self._moment(_first(found, _TIMES)), error)

    def _access(self, line: str) -> LogEntry | None:
        found = _ACCESS.match(line)
        return LogEntry(self._moment(found["stamp"]), _failed(found["status"])) if found else None

    def _klog(self, line: str) -> LogEntry | None:
        found = _KLOG.match(line)
        if found is None:
            return None
        at = self._built(None, int(found["month"]), int(found["day"]), found["clock"], found["fraction"], self.zone)
        return None if at is None else LogEntry(at, found["level"] in "EF")

    def _text(self, line: str) -> LogEntry | None:
        found = _TEXT.match(line)
        at = self._stamped(found) if found else None
        if found is None or at is None:
            return None
        level = _LEVEL.search(line[found.end() :][:_LONGEST_HEAD])
        if found["priority"]:
            return LogEntry(at, int(found["priority"]) % 8 <= _SYSLOG_ERROR)
        if found["redis"]:
            return LogEntry(at, error=False)
        if found["first"]:
            return LogEntry(at, _level_error(found["first"]) is True)
        if level is None:
            return None
        word = next((word for word in level.groups() if word), "log")
        error = _level_error(word)
        return None if error is None else LogEntry(at, error)

    def _moment(self, raw: Any) -> datetime | None:
        if isinstance(raw, str) and not raw.replace(".", "", 1).isdigit():
            found = _EXACT.fullmatch(raw.strip())
            return self._stamped(found) if found else None
        try:
            number = float(raw)
            if isinstance(raw, bool) or not isfinite(number):
                return None
            while abs(number) > _SECONDS_END:  # Milli-, micro- and nanoseconds.
                number /= 1000
            return datetime.fromtimestamp(number, UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            return None

    def _stamped(self, found: "re.Match[str]") -> datetime | None:
        years, days, names = ([found[part] for part in parts if found[part]] for parts in _NAMED_PARTS)
        month = int(found["month"]) if found["month"] else _MONTHS[names[0]] if names else None
        zone = _zone(found["zone"]) or self.zone
        day = int(days[0]) if days else None
        return self._built(int(years[0]) if years else None, month, day, found["clock"], found["fraction"], zone)

    def _built(
        self, year: int | None, month: int | None, day: int | None, clock: str, fraction: str | None, zone: tzinfo
    ) -> datetime | None:
        """Return the moment; without a year or a date, the latest one that is not in the future."""
        today = self.now.astimezone(zone)
        hour, minute, second = (int(part) for part in clock.split(":"))
        micro = int((fraction or "0")[:6].ljust(6, "0"))
        try:
            at = datetime(
                year or today.year, month or today.month, day or today.day, hour, minute, second, micro, tzinfo=zone
            )
            if at > self.now + AHEAD and month is None:
                return at - timedelta(days=1)
            return at.replace(year=at.year - 1) if at > self.now + timedelta(days=1) and year is None else at
        except ValueError:
            return None


def _bare(line: str) -> LogEntry | None:
    """Return the content of a line that begins with its level and has no time, like those of Python's logging."""
    found = _BARE.match(line)
    error = _level_error(found["upper"] or found["lower"]) if found else None
    return None if error is None else LogEntry(None, error)


def _record_error(record: Mapping[str, Any]) -> bool | None:
    nested = record.get("log")
    level = _first(record, _LEVELS)
    if level is None and isinstance(nested, dict):
        level = nested.get("level")
    if level is not None:
        return _level_error(level)
    if _NUMBERED in record:
        number = record[_NUMBERED]
        return number >= _PYTHON_ERROR if isinstance(number, int) else None
    if "@t" in record:
        return False  # Serilog omits the level if it is Information.
    status = _first(record, _STATUS)
    return _failed(str(status)) if status is not None and str(status).isdigit() else None


def _level_error(level: Any) -> bool | None:
    """Return whether a level means an error; None for an unknown level."""
    if isinstance(level, bool) or not isinstance(level, str | int):
        return None
    word = str(level).strip().casefold()
    if word.isdigit() and len(word) <= _MOST_DIGITS:
        number = int(word)
        if number < _SYSLOG_END:
            return number <= _SYSLOG_ERROR
        return number >= (_PINO_ERROR if number < _PINO_END else _MONOLOG_ERROR)
    if word in _ERRORS:
        return True
    return False if word.rstrip("12345678") in _OTHERS else None


def _failed(status: str) -> bool:
    return re.fullmatch("5[0-9][0-9]", status) is not None


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    try:
        return datetime.strptime(text.replace(":", ""), "%z").tzinfo
    except ValueError:
        return None


def _first(record: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((record[key] for key in keys if record.get(key) is not None), None)
