"""Reading a Python traceback as logged: a chain of exceptions, each with its frames, groups by their first member.

Every step is linear in the text, and the text is capped first.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

LONGEST_TEXT = 65_536
_LONGEST_LINE = 2_000
_MOST_FRAMES = 500
_LINE = "\n"
_START = re.compile(r"(?:Exception Group )?Traceback \(most recent call last\):")
_MARGIN = re.compile(r"[ |+-]*[|+] ?")
_FRAME = re.compile(r'\s{1,40}File "([^"\n]{1,1000})", line [0-9]{1,9}(?:, in ([^\s]{1,200}))?')
_RAISED = re.compile(r"((?:[A-Za-z_]\w{0,99}\.){0,9}[A-Za-z_]\w{0,99})(?::[ \t]?(.*))?", re.ASCII)
_MARKS = re.compile(r"[\s~^|]+")
_REPEATED = re.compile(r"\s*\[Previous line repeated [0-9]+ more times?\]")
_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"


class Link(StrEnum):
    """How an exception relates to the one printed before it."""

    FIRST = "first"
    CAUSED = "caused"
    MEANWHILE = "meanwhile"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One call: the file, the function ("" if a file could not be parsed) and the first line of source, if shown."""

    path: str
    function: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One exception of a chain: its type as printed, its message, its frames, outermost first."""

    type: str
    message: str
    frames: tuple[Frame, ...]
    link: Link


def exceptions(text: str) -> tuple[Raised, ...]:
    """Return the exceptions of the traceback in `text`, as printed; nothing when there is none."""
    lines = [line[:_LONGEST_LINE] for line in _capped(text).splitlines()]
    found: list[Raised] = []
    link = Link.FIRST
    starts = [at for at, line in enumerate(lines) if _START.search(line)]
    for start, end in pairwise([*starts, len(lines)]):
        head = lines[start]
        grouped = "Exception Group" in head
        margin = len(_START.split(head, maxsplit=1)[0])
        raised = _one(_unmargined(lines[start + 1 : end], margin, head), link)
        if raised is not None:
            found.append(raised)
        link = Link.MEMBER if grouped else _link(lines[start:end])
        if grouped and any(_CAUSE in line or _CONTEXT in line for line in lines[start:end]):
            link = _link(lines[start:end])
    return tuple(found)


def _unmargined(body: Sequence[str], margin: int, head: str) -> list[str]:
    """Return the lines without the margin that a group, a container's log or an indented record gives each of them."""
    drawn = head[:margin].strip(" ")
    if drawn in {"|", "+"} or (drawn and not drawn.strip("|+ ")):
        return [_MARGIN.sub("", line, count=1) if line.lstrip()[:1] in {"|", "+"} else line for line in body]
    everywhere = bool(body) and _FRAME.match(body[0][margin:]) is not None
    return [line[margin:] if everywhere else line for line in body]


def _link(lines: Sequence[str]) -> Link:
    for line in reversed(lines):
        if _CAUSE in line:
            return Link.CAUSED
        if _CONTEXT in line:
            return Link.MEANWHILE
    return Link.FIRST


def _one(body: Sequence[str], link: Link) -> Raised | None:
    frames: list[Frame] = []
    path = function = code = ""
    rest = iter(body)
    last = ""
    for line in rest:
        match = _FRAME.match(line)
        if match:
            if path:
                frames.append(Frame(path=path, function=function, code=code))
            path, function, code = match[1], match[2] or "", ""
        elif line[:1].isspace():
            # Python 3.13 prints every line of a statement, 3.11 only the first one, so the first one counts.
            if not code and not _MARKS.fullmatch(line) and not _REPEATED.fullmatch(line):
                code = line.strip()
        elif line:
            last = line
            break
    if path:
        frames.append(Frame(path=path, function=function, code=code))
    raised = _RAISED.fullmatch(last)
    if raised is None:
        return None
    message = "\n".join([raised[2] or "", *_more(rest)]).strip()
    return Raised(type=raised[1], message=message, frames=tuple(frames[-_MOST_FRAMES:]), link=link)


def _more(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if _CAUSE in line or _CONTEXT in line or line.strip() == '"""':
            return
        yield line


def _capped(text: str) -> str:
    """Return the text, or its start and its end: the first exception is printed first, the outermost last."""
    if len(text) <= LONGEST_TEXT:
        return text
    start, end = text[: LONGEST_TEXT // 2], text[-LONGEST_TEXT // 2 :]
    return f"{start.rpartition(_LINE)[0]}{_LINE}{end.partition(_LINE)[2]}"
