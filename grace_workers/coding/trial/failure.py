"""A failure as data: its error, its message, and the frames of its traceback that belong to the code under test."""

from pathlib import Path
from types import TracebackType
from typing import Any

_MOST_TEXT = 1000
_CYCLE = 6


def told(raised: Any, root: Path) -> dict[str, Any]:
    """Return a failure's `error`, `message` and `frames`: file below `root` and line, outermost first."""
    frames: list[list[Any]] = []
    trace: TracebackType | None = raised.tb
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(root):
            frame = [path.relative_to(root).as_posix(), trace.tb_lineno]
            # A recursion is reported once, however deep it is.
            if frame not in frames[-_CYCLE:]:
                frames.append(frame)
        trace = trace.tb_next
    return {"error": raised.type.__name__, "message": _text(raised.value), "frames": frames[-200:]}


def _text(error: BaseException) -> str:
    try:
        return str(error)[:_MOST_TEXT]
    except Exception as another:  # noqa: BLE001 - the error is foreign code, and so is its text
        return f"an error whose text raises {type(another).__name__}"
