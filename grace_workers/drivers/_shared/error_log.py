"""A log as an `ErrorLog`: only its tail is read, and a log of unknown format raises instead of counting as clean.

`log_line` knows the formats of lines. If the newest lines have none of them, or carry no time, the number of errors is
unknown, and reading raises.
"""

import os
import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from grace_workers.actions import RECENT, ErrorLog, LoggedError
from grace_workers.drivers._shared.log_line import AHEAD, LogReader
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.errors import NotFoundError, PermanentError
from grace_workers.foundation.plain_file import open_regular, translated

_TAIL = 4 << 20
_OLD_IN_A_ROW = 200
_NEWEST, _JUDGED, _KNOWN_SHARE = 20, 200, 0.2
# No time zone is further off; a log that lags by less may be buffered.
_ZONES, _WRITTEN_AT_ONCE = timedelta(hours=15), timedelta(minutes=20)
# What belongs to the record before it: frames of a traceback, the exception that ends one, a wrapped text.
_GOES_ON = re.compile(
    r"\s|[)\]}]|\.\.\.|Traceback \(most recent|During handling of|The above exception|Caused by: |goroutine \d"
    r"|[\w.]{1,200}(?:Error|Exception|Warning|Interrupt|Exit)(?::|$)"
)


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a log: its lines, newest first, and when it was last written.

    Each line comes with the time that its keeper noted, None if it noted none.
    """

    lines: Iterable[tuple[datetime | None, str]]
    written_at: datetime


class TailedLog(ErrorLog):
    """The errors at the end of one log. Times without a zone are assumed to be in `zone`."""

    def __init__(self, words: str, *, zone: tzinfo = UTC, clock: Clock | None = None) -> None:
        self._words = words
        self._zone = zone
        self._clock = clock or SystemClock()

    def errors(self, window: timedelta) -> int:
        """Return how many error lines in the last four megabytes are no older than `window`.

        Raises:
            NotFoundError: no such log.
            PermanentError: its lines have no known format, or carry no time, so the number is unknown; or it is another
                user's link to a file of someone else.
        """
        return len(self._found(window))

    def recent(self, limit: int) -> Sequence[str]:
        return [one.line for one in self.logged(RECENT, limit)]

    def logged(self, window: timedelta, limit: int) -> Sequence[LoggedError]:
        lines = self._found(window)
        return lines[-limit:] if limit > 0 else []

    @abstractmethod
    def tail(self, window: timedelta) -> Tail:
        """Return the end of the log, as far back as `window` or further. Raises what `errors` does."""

    def _found(self, window: timedelta) -> Sequence[LoggedError]:
        now = self._clock.now()
        tail = self.tail(window)
        scan = _Scan(LogReader(self._zone, now), now - window, now, tail.written_at)
        for noted, line in tail.lines:
            if line.strip() and scan.take(line, noted):
                break
        trouble = scan.trouble
        if trouble is not None:
            raise PermanentError(f"{self._words} cannot be read for errors: {trouble}")
        return scan.errors[::-1]


class LogFile(TailedLog):
    """The errors in one log file."""

    def __init__(self, path: Path, *, zone: tzinfo = UTC, clock: Clock | None = None) -> None:
        super().__init__(f"log {str(path)!r}", zone=zone, clock=clock)
        self._path = path

    def tail(self, window: timedelta) -> Tail:
        del window
        text, written_at = self._tail()
        # Not `splitlines`, which also splits at characters that a stranger's text may contain.
        lines = reversed(text.replace("\r\n", "\n").split("\n"))
        return Tail(lines=((None, line) for line in lines), written_at=written_at)

    def _tail(self) -> tuple[str, datetime]:
        with translated(f"log {str(self._path)!r}"):
            if not self._path.exists():
                raise NotFoundError(f"log {str(self._path)!r} does not exist; correct the target or start the service")
            link = self._path.lstat() if self._path.is_symlink() else None
            descriptor = open_regular(self._path, follow=link is not None)
            if descriptor is None:
                raise NotFoundError(f"log {str(self._path)!r} is not a regular file; name one")
            with os.fdopen(descriptor, "rb") as stream:
                status = os.fstat(descriptor)
                # A service that may not read a log must not expose it to everyone through ours.
                if link is not None and link.st_uid not in {0, os.geteuid(), status.st_uid}:
                    raise PermanentError(
                        f"log {str(self._path)!r} is a link of uid {link.st_uid} to a file of uid "
                        f"{status.st_uid}; give the path of the file itself in the target"
                    )
                start = max(0, status.st_size - _TAIL)
                stream.seek(start)
                text = stream.read(_TAIL).decode(errors="replace")
        # The first line of a tail is usually cut.
        return text.partition("\n")[2] if start else text, datetime.fromtimestamp(status.st_mtime, UTC)


@dataclass(slots=True)
class _Scan:
    """Reads lines from the newest backwards, and keeps the errors since `since`, newest first."""

    reader: LogReader
    since: datetime
    now: datetime
    written_at: datetime
    errors: list[LoggedError] = field(default_factory=list)
    newest: datetime | None = None
    newer: datetime | None = None
    judged: list[bool] = field(default_factory=list)
    going_on: int = 0
    old: int = 0
    undated: int = 0

    def take(self, line: str, noted: datetime | None) -> bool:
        """Take one line, and its time if one was noted with it; return whether all that follow are too old."""
        entry = self.reader.read(line)
        if entry is None and _GOES_ON.match(line):
            self.going_on += 1
            return False
        is_newest = not self.judged
        if len(self.judged) < _JUDGED:
            self.judged.append(entry is not None)
        if entry is None:
            return False
        at = noted or entry.at
        if at is None:
            # It is as old as its neighbours; the newest line of all was written when the file was.
            at = self.newer or (min(self.written_at, self.now) if is_newest else None)
        else:
            self.newer = at
            self.newest = at if is_newest else self.newest
        if at is None:
            self.undated += entry.error
        elif at < self.since:
            self.old += 1
        else:
            self.old = 0
            if entry.error and at <= self.now + AHEAD:
                self.errors.append(LoggedError(at, line))
        return self.old >= _OLD_IN_A_ROW

    @property
    def _wrong_zone(self) -> str | None:
        """Why times are not trusted: the newest line is hours away from the file's own time."""
        if self.newest is None:
            return None
        ahead, behind = self.newest - self.written_at, self.written_at - self.newest
        if AHEAD < ahead <= _ZONES or _WRITTEN_AT_ONCE < behind <= _ZONES:
            written = f"was written at {self.written_at:%H:%M} UTC"
            return f"it {written}, its newest line says {self.newest:%H:%M} UTC; set the target's `error_log_zone`"
        return None

    @property
    def trouble(self) -> str | None:
        """Why nothing can be said about the log; None if something can."""
        if not self.judged and not self.going_on:
            return None
        known = sum(self.judged)
        if not any(self.judged[:_NEWEST]) or known < _KNOWN_SHARE * len(self.judged):
            seen = len(self.judged) + self.going_on
            return f"{known} of its newest {seen} lines have time and level in a known form (docs/reference/logs.md)"
        if self.undated and not self.errors and self.written_at >= self.since:
            return f"{self.undated} of its error lines have no time, so their age is unknown; log a time"
        return self._wrong_zone
