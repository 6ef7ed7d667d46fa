"""What a change does with inputs that no test gives: the tests' arguments, and small variations of them."""

import copy
import gc
import signal
import sys
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

from .bounds import least, most
from .outcome import outcome_of
from .running import Test
from .swap import Prepared, put
from .timeout import OutOfTimeError, out_of_time
from .variation import varied

_MOST_CALLS = 60
_SECONDS = 0.1
_SEED = 7
_VARSIZED = 0x0C


class Behaviour:
    """Runs one function of each change on the same inputs, and reports its outcomes."""

    def __init__(self, alive: list[FunctionType], first: Prepared, most: int) -> None:
        self._alive = [one for one in alive if not one.__code__.co_flags & _VARSIZED]
        self._first = first
        self._own: Prepared = [(one, one.__code__) for one, _ in first]
        self._most = most

    def told(self, prepared: Prepared, say: Callable[[bytes], object], *, tests: list[tuple[Test, float]]) -> None:
        """Report a line for each input: the result of the changed function.

        The inputs are those that the tests give to the first change, so they are the same for all, and include
        those of tests that fail without it. The large ones come last, and end the fork where one takes too long,
        because no handler runs within a single long step of the interpreter.
        """
        gc.disable()
        if not self._alive:
            return
        function = self._alive[0]
        put(self._first)
        calls = calls_of(function, tests)
        put(self._own)
        put(prepared)
        signal.signal(signal.SIGPROF, out_of_time)
        for arguments in [*calls, *varied(calls, _SEED, self._most), *least(calls)]:
            say(_outcome(function, arguments).encode("utf-8", "replace") + b"\n")
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        for arguments in most(calls):
            say(_outcome(function, arguments).encode("utf-8", "replace") + b"\n")


def calls_of(function: FunctionType, tests: list[tuple[Test, float]]) -> list[list[Any]]:
    """Return the arguments that the tests call the function with, as far as they can be copied."""
    calls: list[list[Any]] = []
    code = function.__code__

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code is code and len(calls) < _MOST_CALLS:
            given = copied([frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount]])
            calls.extend([given] if given is not None else [])

    for test, seconds in tests:
        signal.signal(signal.SIGPROF, out_of_time)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        sys.setprofile(profile)
        try:
            test.passes()
        except OutOfTimeError:
            continue
        finally:
            sys.setprofile(None)
            signal.setitimer(signal.ITIMER_PROF, 0)
    return calls


def copied(arguments: list[Any]) -> list[Any] | None:
    """Return a copy of the arguments; None if they cannot be copied."""
    try:
        return copy.deepcopy(arguments)
    except Exception:  # noqa: BLE001 - an argument that cannot be copied is none that can be varied
        return None


def _outcome(function: FunctionType, arguments: list[Any]) -> str:
    given = copied(arguments)
    if given is None:
        return "not copied"
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    try:
        told = outcome_of(function(*given))
    except OutOfTimeError:
        return "!time"
    except BaseException as error:  # noqa: BLE001 - what it raises is what it does
        return f"!{type(error).__name__}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return f"{told} {outcome_of(given)}"


def raised_by(function: FunctionType, arguments: list[Any], seconds: float) -> BaseException | None:
    """Return the error that a call raises; None if it ends without one, takes too long, or cannot be made."""
    given = copied(arguments)
    if given is None:
        return None
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        function(*given)
    except OutOfTimeError:
        return None
    except BaseException as error:  # noqa: BLE001 - what it raises is what is looked for
        return error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None
