"""`CapturedEvent`: what is taken from the application at once, and how our own thread makes a signal of it.

The application's thread reads only what could change: message, frames, exception text. Source lines, scrubbing and JSON
come later. Arguments, local variables and `extra` are never taken.
"""

import itertools
import json
import linecache
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from grace_workers.foundation.redaction import starred

LONGEST_NAME = 200
LONGEST_SUMMARY = 2_000
LONGEST_TEXT = 16_000
MOST_FRAMES = 50
_STORABLE = str.maketrans({"\x00": "\N{REPLACEMENT CHARACTER}"})


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """One occurrence. `frames` are file, line and function, outermost first; `raised` is the exception's own line."""

    name: str
    severity: str
    message: str
    created: float
    frames: tuple[tuple[str, int, str], ...] = ()
    raised: str = ""


def frames_of(trace: TracebackType | None) -> tuple[tuple[str, int, str], ...]:
    """Return the innermost `MOST_FRAMES` frames, without reading any source."""
    found = [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in traceback.walk_tb(trace)]
    return tuple(found[-MOST_FRAMES:])


def raised_by(error: BaseException) -> str:
    """Return the line that ends a traceback: type, then message."""
    kind = type(error)
    where = "" if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}."
    message = str(error)[:LONGEST_SUMMARY]
    return f"{where}{kind.__qualname__}: {message}" if message else f"{where}{kind.__qualname__}"


def encode(event: CapturedEvent, *, key: str, target: str | None) -> bytes:
    """Return the event as one signal of the plain source, as JSON, without secrets. `key` is unique to the event."""
    name = _storable(event.name)[:LONGEST_NAME]
    signal = {
        "name": name,
        "severity": event.severity,
        "summary": scrub(event.message[:LONGEST_SUMMARY]) or name,
        "text": scrub(_text(event)),
        "key": key,
        "observed_at": datetime.fromtimestamp(event.created, UTC).isoformat(),
    }
    return json.dumps(signal | ({"target": target} if target else {})).encode()


def scrub(text: str) -> str:
    """Return the text with secrets starred, and without characters that cannot be stored."""
    return starred(_storable(text))


def _text(event: CapturedEvent) -> str:
    if not event.raised:
        return event.message[:LONGEST_TEXT]
    lines = list(itertools.chain.from_iterable(_frame(*frame) for frame in event.frames))
    head = f"{event.message[:LONGEST_SUMMARY]}\nTraceback (most recent call last):\n"
    body = "\n".join((*lines, event.raised))
    return head + body[-LONGEST_TEXT:]


def _frame(path: str, line: int, function: str) -> list[str]:
    place = f'  File "{path}", line {line}, in {function}'
    source = linecache.getline(path, line).strip()
    return [place, f"    {source}"] if source else [place]


def _storable(text: str) -> str:
    return text.translate(_STORABLE).encode(errors="replace").decode()
