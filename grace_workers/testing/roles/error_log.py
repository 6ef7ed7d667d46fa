"""An error log in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.actions import RECENT, ErrorLog, LoggedError
from grace_workers.testing.clock import START


@dataclass(slots=True)
class MemoryErrorLog(ErrorLog):
    """An `ErrorLog` of lines with their times. `now` is the moment from which windows are counted."""

    lines: list[tuple[datetime, str]] = field(default_factory=list)
    now: datetime = START

    def errors(self, window: timedelta) -> int:
        return sum(self.now - window <= at <= self.now for at, _ in self.lines)

    def recent(self, limit: int) -> Sequence[str]:
        recent = [line for at, line in self.lines if self.now - RECENT <= at <= self.now]
        return recent[-limit:] if limit > 0 else []

    def logged(self, window: timedelta, limit: int) -> Sequence[LoggedError]:
        found = [LoggedError(at, line) for at, line in self.lines if self.now - window <= at <= self.now]
        return found[-limit:] if limit > 0 else []
