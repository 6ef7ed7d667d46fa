"""Which lines of the code under test a test executes, by a trace that stops when it becomes expensive."""

import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

Hits = dict[str, set[int]]

_SHOWING = {"_saferepr", "safe_repr"}
"""With these, pytest and unittest show the values of a failed assertion."""


class Spectrum:
    """Traces one test at a time. Only files below `root` count, not the tests themselves."""

    def __init__(self, root: Path, files: list[str]) -> None:
        self._wanted = {str(root / name): name for name in files}
        self._left = 0.0
        self._deadline = 0.0
        self._hits: Hits = {}

    def begin(self, seconds: float) -> None:
        """Start tracing; it stops by itself after `seconds` of processor time."""
        self._hits = {}
        self._deadline = time.process_time() + seconds
        sys.settrace(self._call)

    def taken(self) -> Hits:
        """Return the lines since the last time, and continue: a part of the test is over."""
        hits, self._hits = self._hits, {}
        return hits

    def end(self) -> Hits:
        """Stop, and return the lines by file."""
        sys.settrace(None)
        return self._hits

    def _call(self, frame: FrameType, event: str, _argument: Any) -> Any:
        del event
        code = frame.f_code
        name = self._wanted.get(code.co_filename)
        # A failed assertion shows its values, and the code that does so says nothing about the fault.
        if time.process_time() > self._deadline or (code.co_name in _SHOWING and name is None):
            sys.settrace(None)
            return None
        if name is None:
            return None
        lines = self._hits.setdefault(name, set())
        lines.add(frame.f_lineno)

        def line(frame: FrameType, event: str, _argument: Any) -> Any:
            if event == "line":
                lines.add(frame.f_lineno)
            return line

        return line
