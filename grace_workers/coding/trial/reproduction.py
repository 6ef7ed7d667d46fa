"""Inputs of one function that raise a certain error at a certain line: the tests' own, varied, and plain values."""

import ast
import gc
import itertools
import json
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, TracebackType
from typing import Any

from .behaviour import calls_of, raised_by
from .running import Test
from .timeout import out_of_time
from .variation import varied

_SEED, _SECONDS, _MOST_FOUND, _LONGEST = 11, 0.1, 20, 400
_PLAIN: tuple[Any, ...] = ((), [], {}, "", 0, None, -1, 1, "a", [0], [1, 2], ["a"], {"a": 1}, 0.0, 0.5, True)
_MASKED = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


@dataclass(frozen=True)
class Symptom:
    """An error by its type and its message, and the file and line of code, or else the function, that raised it."""

    error: str
    message: str
    file: str
    function: str
    code: str

    def shown_by(self, error: BaseException, root: Path) -> bool:
        """Return whether this error is that one, whatever its numbers and quoted words."""
        if type(error).__name__ != self.error or _masked(str(error)) != _masked(self.message):
            return False
        return any(
            file == self.file and (code == self.code if self.code else function == self.function)
            for file, function, code in _places(error.__traceback__, root)
        )


def reproducing(
    function: FunctionType, symptom: Symptom, root: Path, tests: list[tuple[Test, float]], most: int
) -> Callable[[Callable[[bytes], object]], None]:
    """Return what tells, as a line of JSON each, literal arguments that show the symptom, and if no test gave such."""

    def told(say: Callable[[bytes], object]) -> None:
        gc.disable()
        signal.signal(signal.SIGPROF, out_of_time)
        found: set[str] = set()
        for plain, arguments in _inputs(function, tests, most):
            words = _literals(arguments)
            if words is not None and words not in found and _shows(function, arguments, symptom, root):
                found.add(words)
                say(json.dumps([plain, words]).encode() + b"\n")
            if len(found) >= _MOST_FOUND:
                return

    return told


def _inputs(function: FunctionType, tests: list[tuple[Test, float]], most: int) -> Iterator[tuple[bool, list[Any]]]:
    calls = calls_of(function, tests)
    for arguments in (*calls, *varied(calls, _SEED, most)):
        yield False, arguments
    count = function.__code__.co_argcount
    for values in itertools.islice(itertools.product(_PLAIN, repeat=count), most):
        yield True, list(values)


def _shows(function: FunctionType, arguments: list[Any], symptom: Symptom, root: Path) -> bool:
    error = raised_by(function, arguments, _SECONDS)
    return error is not None and symptom.shown_by(error, root)


def _places(trace: TracebackType | None, root: Path) -> Iterator[tuple[str, str, str]]:
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(root) and path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            code = lines[trace.tb_lineno - 1].strip() if trace.tb_lineno <= len(lines) else ""
            yield path.relative_to(root).as_posix(), trace.tb_frame.f_code.co_name, code
        trace = trace.tb_next


def _literals(arguments: list[Any]) -> str | None:
    """Return the arguments as Python writes them, if they are plain values."""
    words = ", ".join(map(repr, arguments))
    try:
        same = list(ast.literal_eval(f"[{words}]")) == arguments
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return words if same and len(words) <= _LONGEST else None


def _masked(message: str) -> str:
    return _MASKED.sub("0", message)
