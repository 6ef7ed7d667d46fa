"""A log file as an `ErrorLog`: only its tail is read, and only lines that carry a time and an error level count.

Two kinds of lines are known: JSON objects with a time (`timestamp`, `time`, `ts`, `@timestamp`) and a level (`level`,
`levelname`, `severity`); and text that begins with an ISO date and time, whose first level word is ERROR, CRITICAL or
FATAL. What a service writes after its level may come from a stranger, so it makes no line an error and begins no line.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from grace_workers.actions import RECENT
from grace_workers.adapters.files.places import open_regular, translated
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.errors import NotFoundError

_TAIL = 4 << 20
_TIMES = ("timestamp", "time", "ts", "@timestamp")
_LEVELS = ("level", "levelname", "severity")
_ERRORS = frozenset({"error", "critical", "fatal"})
_TEXT = re.compile(r"\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?)")
_WORD = re.compile(r"\b(?:DEBUG|INFO|NOTICE|WARN|WARNING|(?P<error>ERROR|CRITICAL|FATAL))\b")
_MILLISECONDS = 1e11
_AHEAD = timedelta(minutes=1)


class LogFile:
    """The errors in one log. Times without a zone are taken to be in `zone`."""

    def __init__(self, path: Path, *, zone: tzinfo = UTC, clock: Clock | None = None) -> None:
        self._path = path
        self._zone = zone
        self._clock = clock or SystemClock()

    def errors(self, window: timedelta) -> int:
        """Return how many error lines the last four megabytes hold that are no older than `window`.

        Raises:
            NotFoundError: there is no such log.
        """
        now = self._clock.now()
        return sum(now - window <= at <= now + _AHEAD for at, _ in self._found())

    def recent(self, limit: int) -> Sequence[str]:
        """Return the newest error lines, newest last; what is older than `RECENT` belongs to something over."""
        now = self._clock.now()
        lines = [line for at, line in self._found() if now - RECENT <= at <= now + _AHEAD]
        return lines[-limit:] if limit > 0 else []

    def _found(self) -> Iterator[tuple[datetime, str]]:
        # Not `splitlines`, which also splits at characters that a stranger's text may bring into a line.
        for line in self._tail().replace("\r\n", "\n").split("\n"):
            at = _json_error(line, self._zone) if line.startswith("{") else _text_error(line, self._zone)
            if at is not None:
                yield at, line

    def _tail(self) -> str:
        with translated(f"log {str(self._path)!r}"):
            if not self._path.exists():
                raise NotFoundError(f"log {str(self._path)!r} does not exist; correct the target or start the service")
            descriptor = open_regular(self._path, follow=True)
            if descriptor is None:
                raise NotFoundError(f"log {str(self._path)!r} is no plain file; name one")
            with os.fdopen(descriptor, "rb") as stream:
                start = max(0, os.fstat(descriptor).st_size - _TAIL)
                stream.seek(start)
                text = stream.read(_TAIL).decode(errors="replace")
        # The first line of a tail is usually cut.
        return text.partition("\n")[2] if start else text


def _json_error(line: str, zone: tzinfo) -> datetime | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or str(_first(record, _LEVELS)).lower() not in _ERRORS:
        return None
    return _moment(_first(record, _TIMES), zone)


def _text_error(line: str, zone: tzinfo) -> datetime | None:
    found = _TEXT.match(line)
    level = _WORD.search(line, found.end()) if found else None
    return _moment(found.group(1), zone) if found and level and level["error"] else None


def _first(record: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((record[key] for key in keys if key in record), None)


def _moment(raw: Any, zone: tzinfo) -> datetime | None:
    try:
        if isinstance(raw, int | float):
            return datetime.fromtimestamp(raw / 1000 if raw > _MILLISECONDS else raw, UTC)
        at = datetime.fromisoformat(str(raw).replace(",", "."))
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)
