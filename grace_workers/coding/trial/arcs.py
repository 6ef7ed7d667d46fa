"""Which steps between lines of one file a call takes, and which lines give what no test can expect."""

import ast
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

Arcs = set[tuple[int, int]]
"""Pairs of lines that follow each other in a function; 0 stands for its beginning and its end."""

_UNSURE = {
    "now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "process_time",
    "localtime", "gmtime", "ctime", "asctime", "uuid1", "uuid4", "urandom", "getpid", "gethostname", "token_hex",
    "token_bytes", "token_urlsafe", "random", "randint", "choice", "choices", "shuffle", "sample", "uniform",
    "randrange", "randbytes", "getrandbits", "getcwd", "getenv", "gettempdir",
}  # fmt: skip


def unsure_lines(source: str) -> frozenset[int]:
    """Return the lines that call a clock, chance, or something of the machine."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return frozenset(node.lineno for node in calls if _name(node.func) in _UNSURE)


def trace(call: Callable[[], object], file: str, found: Arcs) -> None:
    """Add the steps that a call takes in a file to `found`, even if the call raises."""

    def begun(frame: FrameType, _event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename != file:
            return None
        last = 0

        def step(frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal last
            if event == "line":
                found.add((last, frame.f_lineno))
                last = frame.f_lineno
            elif event == "return":
                found.add((last, 0))
            return step

        return step

    sys.settrace(begun)
    try:
        call()
    finally:
        sys.settrace(None)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
