"""Running a pure function in a process of its own, because a long computation holds the interpreter lock of this one.

`python -P -m grace_workers.adapters.process.aside MODULE:FUNCTION` is that process. It finds its input, and writes its
answer, in memory files whose descriptors `GRACE_ASIDE_GIVEN` and `GRACE_ASIDE_ANSWER` name. Both are JSON.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import IO, Any

from grace_workers.adapters.process.spawn import Command, module_argv, spawn
from grace_workers.foundation import errors
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import GraceError, PermanentError, TransientError

_GIVEN, _ANSWER = "GRACE_ASIDE_GIVEN", "GRACE_ASIDE_ANSWER"
_NICER = 5


def aside(function: Callable[[JsonValue], JsonValue], given: JsonValue, /, *, within: timedelta) -> JsonValue:
    """See `Aside`. The process has a lower priority, and is killed when this one dies or the time is over."""
    name = f"{function.__module__}:{function.__qualname__}"
    with _memory("given") as question, _memory("answer") as answer:
        question.write(json.dumps(given).encode())
        question.flush()
        code = _run(name, {_GIVEN: question.fileno(), _ANSWER: answer.fileno()}, within)
        if code:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            raise TransientError(f"the process of {name} {how} before it had an answer")
        answer.seek(0)
        told = json.load(answer)
    if "error" in told:
        raise _error(told["error"], told["message"], told["trace"])
    found: JsonValue = told["answer"]
    return found


def main(name: str) -> None:
    """Compute in this process what `aside` asked for."""
    os.nice(_NICER)
    with os.fdopen(int(os.environ[_GIVEN]), "rb") as question:
        question.seek(0)
        given = json.load(question)
    with os.fdopen(int(os.environ[_ANSWER]), "wb") as answer:
        answer.write(json.dumps(_answer(name, given)).encode())


def _answer(name: str, given: JsonValue) -> Mapping[str, JsonValue]:
    module, _, function = name.partition(":")
    try:
        return {"answer": getattr(import_module(module), function)(given)}
    except Exception as error:  # noqa: BLE001 - it is raised again in the process that asked
        return {"error": type(error).__name__, "message": str(error), "trace": traceback.format_exc()}


def _run(name: str, inherits: Mapping[str, int], within: timedelta) -> int:
    """Run the process to its end; return how it ended, negative for a signal."""
    try:
        process = spawn(Command(argv=module_argv(__name__, name)), inherits)
    except OSError as error:
        raise TransientError(f"no process could be started for {name}: {error}") from error
    try:
        return process.wait(within.total_seconds())
    except subprocess.TimeoutExpired as error:
        raise TransientError(f"{name} did not end within {within.total_seconds():g} s and was killed") from error
    finally:
        if process.poll() is None:
            process.end_group()
            process.wait()


def _memory(name: str) -> IO[Any]:
    return os.fdopen(os.memfd_create(name, os.MFD_CLOEXEC), "w+b")


def _error(kind: str, message: str, trace: str) -> GraceError:
    known = getattr(errors, kind, None)
    if isinstance(known, type) and issubclass(known, GraceError):
        error = known(message)
    else:
        error = PermanentError(f"{kind}: {message}")
    error.add_note(trace)
    return error


if __name__ == "__main__":
    main(sys.argv[1])
