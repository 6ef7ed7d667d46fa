"""The log lines of jobs, as the nodes that run them write them: the newest ones, for as long as they are of use.

They are for people who watch a job. What must not be lost is in the ledger and the audit log.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import JobId

MOST_LINES = 500
LONGEST_LINE = 4_000
KEPT = timedelta(hours=1)
"""How long after its newest line the log of a job is kept."""

LEFT_OUT = "log_lines_left_out"
_ESCAPED = "\\ud"
_OURS = frozenset({"timestamp", "level", "event", "job_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLogLine:
    """One line: its position, when it was written, how severe it is, what happened, and with which details."""

    position: str
    at: datetime | None
    level: str
    event: str
    details: Mapping[str, JsonValue]


class JobLogs(Protocol):
    """Where the lines are kept."""

    def read(self, job: JobId, *, after: str | None = None, limit: int = MOST_LINES) -> Sequence[JobLogLine]:
        """Return the newest lines, or those after a position, oldest first.

        Raises:
            InputError: `after` is no position.
            TransientError: the store is unreachable.
        """
        ...


class JobLogKeeper(Protocol):
    """Where a worker puts the lines of its jobs."""

    def keep(self, lines: Sequence[tuple[str, str]]) -> None:
        """Keep lines, each with the id of its job, oldest first. Raises TransientError."""


def line_of(position: str, text: str) -> JobLogLine:
    """Return a line as it was kept. What is no line of ours is an event by itself, because others may write there."""
    try:
        told = json.loads(text, parse_constant=str)
        if _ESCAPED in text:
            told = json.loads(_encodable(json.dumps(told, ensure_ascii=False)))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return JobLogLine(position=position, at=None, level="", event=text[:LONGEST_LINE], details={})
    return JobLogLine(
        position=position,
        at=_moment(told.get("timestamp")),
        level=str(told.get("level", "")),
        event=str(told.get("event", "")),
        details={str(name): value for name, value in told.items() if name not in _OURS},
    )


def text_of(event: Mapping[str, JsonValue]) -> str:
    """Return what is kept of an event; the details of one that is too long are cut off, the longest first."""
    kept = dict(event)
    for name in (None, *sorted(kept, key=lambda one: -len(str(kept[one])))):
        if name is not None:
            kept[name] = f"{str(kept[name])[: LONGEST_LINE // 8]}… (cut off)"
        text = _encodable(json.dumps(kept, ensure_ascii=False, default=str))
        if len(text) <= LONGEST_LINE:
            return text
    return json.dumps({"event": LEFT_OUT, "level": "warning", "lines": 1})


def _encodable(text: str) -> str:
    """Return a text without lone surrogates, which stand for bytes of a file name that are no UTF-8."""
    return text.encode(errors="replace").decode()


def position_of(text: str) -> str:
    """Return a position that was given back. Raises InputError."""
    first, dash, second = text.partition("-")
    parts = (first, second) if dash else (first,)
    if not all(part.isascii() and part.isdecimal() and len(part) <= 19 for part in parts):  # noqa: PLR2004
        raise InputError(f"{text[:80]!r} is not the position of a log line; give the position of the last line seen")
    return text


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def shortened(lines: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the newest lines of each job, at most as many as are kept."""
    found: dict[str, list[str]] = {}
    for job, text in lines:
        found.setdefault(job, []).append(text)
    for job, texts in found.items():
        yield job, texts[-MOST_LINES:]
