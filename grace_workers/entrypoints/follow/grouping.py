"""Which lines of a log report an error, and which belong together: a traceback is one event, of however many lines.

Every pattern is tried at the beginning of a line, or on its first characters, so a hostile line costs no more than
another.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grace_workers.entrypoints.follow.log_file import LogBlock, LogLine

MOST_LINES = 400
MOST_BYTES = 60_000
_LOOKED_AT = 240
_ERROR = re.compile(
    rb"\b(?:ERROR|CRITICAL|FATAL|SEVERE|PANIC|EMERG|ALERT)\b|\b(?:level|severity|lvl)[\"']?\s?[=:]\s?[\"']?"
    rb"(?:error|critical|fatal|panic)\b|^(?:panic: |fatal error: |Exception in thread |Traceback \()|^E[0-9]{4} ",
    re.IGNORECASE,
)
# In small letters, and found by a search over many lines at once: wherever `_ERROR` can begin.
_MAY_TELL = re.compile(
    rb"error|critical|fatal|severe|panic|emerg|alert|exception in thread |traceback \(|\ne[0-9]{4} ", re.ASCII
)
_CALM = re.compile(rb"\b(?:DEBUG|INFO|NOTICE|TRACE|WARN|WARNING)\b")
_TRACEBACK = re.compile(
    rb"\s{0,40}(?:Exception Group )?Traceback \(most recent call last\):|[ |+-]{0,40}Exception Group"
)
_MORE = re.compile(
    rb"\s|Caused by: |\.\.\. [0-9]+ more|goroutine [0-9]+ \[|During handling of the above|The above exception was"
    rb"|[|+] |created by |Traceback \("
)
_RAISED = re.compile(rb"[A-Za-z_][\w.]{0,200}(?::|$)")


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One error: its lines, and where they begin and end."""

    text: str
    begin: int
    end: int


class Grouping:
    """Makes events of lines, in their order. Lines that are not errors are skipped."""

    def __init__(self) -> None:
        self._lines: list[LogLine] = []
        self._bytes = 0
        self._in_frames = False

    @property
    def begin(self) -> int | None:
        """The position at which the incomplete event begins; None if there is none."""
        return self._lines[0].begin if self._lines else None

    def events_in(self, blocks: Iterable[LogBlock]) -> Iterator[LogEvent]:
        """Yield the events of all lines of these blocks, as `events` does, and pass over lines that cannot matter."""
        for block in blocks:
            small = block.raw.lower()
            at: int | None = 0
            while at is not None and at < len(small):
                line, at = block.line(at)
                yield from self.events((line,))
                at = at if self._lines else _next(small, at)

    def events(self, lines: Iterable[LogLine]) -> Iterator[LogEvent]:
        """Yield each event once a line shows that it is complete."""
        for line in lines:
            if self._lines and self._belongs(line):
                self._add(line)
                continue
            yield from self.flush()
            if line.error or _tells(line.text):
                self._add(line)

    def flush(self) -> Iterator[LogEvent]:
        """Yield the incomplete event, because no more of it will come."""
        lines, self._lines = self._lines, []
        self._bytes, self._in_frames = 0, False
        if lines:
            text = b"\n".join(line.text for line in lines).decode(errors="replace")
            yield LogEvent(text, lines[0].begin, lines[-1].end)

    def _belongs(self, line: LogLine) -> bool:
        if len(self._lines) >= MOST_LINES or self._bytes > MOST_BYTES:
            return False
        text = line.text
        if line.more or _TRACEBACK.match(text):
            return True
        if self._in_frames and _RAISED.match(text) and not _CALM.search(text[:_LOOKED_AT]):
            return True
        return not text or _MORE.match(text) is not None

    def _add(self, line: LogLine) -> None:
        self._in_frames = bool(_TRACEBACK.match(line.text)) or (self._in_frames and line.text[:1].isspace())
        self._lines.append(line)
        self._bytes += len(line.text)


def _next(small: bytes, at: int) -> int | None:
    """Return where the next line that may tell of an error begins, from the beginning of a line on; None: nowhere."""
    found = _MAY_TELL.search(small, at - 1)
    return None if found is None else small.rfind(b"\n", 0, found.start() + 1) + 1


def _tells(text: bytes) -> bool:
    head = text[:_LOOKED_AT]
    found = _ERROR.search(head)
    if found is None:
        return False
    calm = _CALM.search(head)
    # The level comes before the words, so the first of both counts: `INFO error page was shown` is not an error.
    return calm is None or found.start() < calm.start()
