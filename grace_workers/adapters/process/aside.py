"""Running a function in a process of its own, because a computation holds the interpreter lock of this one."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import IO, Any

from grace_workers.adapters.process.spawn import Command, StartCommand, module_argv, spawn
from grace_workers.foundation import errors
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import GraceError, PermanentError, TransientError

GIVEN, ANSWER = "GRACE_ASIDE_GIVEN", "GRACE_ASIDE_ANSWER"
_PROGRAM = "grace_workers.adapters.process.aside_process"


def aside(
    function: Callable[[JsonValue], JsonValue],
    given: JsonValue,
    /,
    *,
    within: timedelta,
    start: StartCommand = spawn,
) -> JsonValue:
    """See `Aside`. The process has a lower priority, and is killed when this one dies or the time is over.

    `start` is what starts it, such as a fork server's.
    """
    name = f"{function.__module__}:{function.__qualname__}"
    with _memory("given") as question, _memory("answer") as answer:
        question.write(json.dumps(given).encode())
        question.flush()
        code = _run(name, {GIVEN: question.fileno(), ANSWER: answer.fileno()}, within, start)
        if code:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            raise TransientError(f"the process of {name} {how} before it had an answer")
        answer.seek(0)
        told = json.load(answer)
    if "error" in told:
        raise _error(told["error"], told["message"], told["trace"])
    found: JsonValue = told["answer"]
    return found


def _run(name: str, inherits: Mapping[str, int], within: timedelta, start: StartCommand) -> int:
    """Run the process to its end; return how it ended, negative for a signal."""
    try:
        process = start(Command(argv=module_argv(_PROGRAM, name)), inherits)
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
