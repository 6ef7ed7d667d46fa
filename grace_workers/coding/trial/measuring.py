"""How long a function takes: the same calls again and again, those of the tests, and those enlarged."""

import base64
import gc
import hashlib
import importlib.util
import pickle
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .behaviour import calls_of
from .outcome import outcome_of
from .running import Test
from .swap import Swap
from .timeout import OutOfTimeError, out_of_time

_MOST_CALLS, _MOST_LARGE = 20, 6
_SHARE = 3
_FACTORS = (3, 10, 30, 100, 300, 1000)
_SLOW, _TOO_SLOW, _LARGEST = 0.02, 0.1, 1 << 20
_HANGS, _ENLARGING = 10.0, 2.0
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Measurement:
    """Calls one function of the tree below `root`; of a benchmark, its `run`."""

    def __init__(self, root: Path, request: dict[str, Any]) -> None:
        self._root = root
        self._call = _benchmark(root / request["benchmark"]) if request["benchmark"] else _found(root, request)
        self._subject = _found(root, request)
        small = [pickle.dumps([])] if request["benchmark"] else []
        self._groups: dict[str, list[bytes]] = {"small": small, "large": []}

    def begun(self, request: dict[str, Any], tests: list[tuple[Test, float]], swap: Swap) -> list[Any]:
        """Return the results of the calls, how far they were enlarged, and the calls themselves for `load`."""
        if self._call is None:
            return []
        signal.signal(signal.SIGPROF, out_of_time)
        largest = 1
        if request["inputs"]:
            self._groups = pickle.loads(base64.b64decode(request["inputs"]))  # noqa: S301 - made in another such sandbox
        elif not request["benchmark"]:
            calls = [
                one for code in swap.alive(request["file"], request["function"])[:1] for one in calls_of(code, tests)
            ]
            self._groups["small"] = _different(calls)[:_MOST_CALLS]
            largest = self._enlarge()
        told = {name: [self._told(one) for one in calls] for name, calls in self._groups.items()}
        return [told, largest, "" if request["inputs"] else base64.b64encode(pickle.dumps(self._groups)).decode()]

    def timed(self, group: str, seconds: float) -> list[float]:
        """Return the processor time of the calls of a group, the mean of as many rounds as fit into `seconds`."""
        spent, rounds = 0.0, 0
        until = time.process_time() + _SHARE * seconds
        gc.disable()
        try:
            while not rounds or (spent < seconds and time.process_time() < until):
                spent += sum(self._took(one) or 0.0 for one in self._groups[group])
                rounds += 1
        finally:
            gc.enable()
        return [spent / rounds]

    def _enlarge(self) -> int:
        largest, until = 1, time.process_time() + _ENLARGING
        for one in self._groups["small"]:
            best = None
            more = len(self._groups["large"]) < _MOST_LARGE and time.process_time() < until
            for factor in _FACTORS if more else ():
                larger = _pickled([_enlarged(value, factor) for value in pickle.loads(one)])  # noqa: S301 - as below
                took = self._took(larger, _TOO_SLOW) if 0 < len(larger) <= _LARGEST else None
                if took is None:
                    break
                best, largest = larger, max(largest, factor)
                if took > _SLOW:
                    break
            self._groups["large"] += [best] if best is not None else []
        return largest

    def _took(self, arguments: bytes, limit: float = _HANGS) -> float | None:
        """Return the processor time of a call that begins without kept results; None if it raises or takes too long."""
        given = pickle.loads(arguments)  # noqa: S301 - made in this program, or in another such one
        call = self._call
        self._forget()
        signal.setitimer(signal.ITIMER_PROF, limit)
        began = time.process_time()
        try:
            made = call(*given) if call is not None else None
            if isinstance(made, Iterator):
                deque(made, maxlen=0)
            return time.process_time() - began
        except (Exception, OutOfTimeError):  # noqa: BLE001 - a call that raises is no use as a measure
            return None
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _forget(self) -> None:
        """Clear kept results, because one run of a benchmark must not be faster for what another one kept."""
        for one in (self._call, self._subject):
            getattr(one, "cache_clear", int)()

    def _told(self, arguments: bytes) -> str:
        """Return what a call gives, and what it does to its arguments, as a text that is equal for equal results."""
        given = pickle.loads(arguments)  # noqa: S301 - as above
        call = self._call
        self._forget()
        signal.setitimer(signal.ITIMER_PROF, _HANGS)
        try:
            made = call(*given) if call is not None else None
            made = list(made) if isinstance(made, Iterator) else made
        except OutOfTimeError:
            return "!time"
        except Exception as error:  # noqa: BLE001 - what it raises is what it does
            return f"!{type(error).__name__} {error}"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        whole = _ADDRESS.sub("", f"{made!r} {given!r}")
        return f"{outcome_of(made)[:200]} {outcome_of(given)[:200]} {hashlib.sha256(whole.encode()).hexdigest()}"


def _benchmark(path: Path) -> Callable[..., Any] | None:
    sys.path[:0] = [str(path.parent), *(str(path.parent.parent / one) for one in (".", "src"))]
    spec = importlib.util.spec_from_file_location("grace_benchmark", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., Any] | None = getattr(module, "run", None)
    return found


def _found(root: Path, request: dict[str, Any]) -> Callable[..., Any] | None:
    """Return the function as its module holds it, with its decorators."""
    place = str(root / request["file"])
    found: Any = next((one for one in [*sys.modules.values()] if getattr(one, "__file__", None) == place), None)
    for step in request["function"].split("."):
        found = getattr(found, step, None)
    return found if callable(found) else None


def _different(calls: Sequence[list[Any]]) -> list[bytes]:
    """Return the calls that can be sent to another process, each once."""
    return [one for one in dict.fromkeys(map(_pickled, calls)) if one]


def _pickled(arguments: list[Any]) -> bytes:
    """Return the arguments as bytes; none if they cannot be written so."""
    try:
        return pickle.dumps(arguments)
    except Exception:  # noqa: BLE001 - a class of the code under test says what happens
        return b""


def _enlarged(value: Any, factor: int) -> Any:
    """Return a value like another one, with `factor` times as many items, which differ as those of the other do."""
    if type(value) is int:
        return value * factor
    if type(value) is str:
        return value * factor
    if type(value) in {list, tuple, set, frozenset}:
        return type(value)(_another(one, turn) for turn in range(factor) for one in value)
    if type(value) is dict:
        return {_another(key, turn): one for turn in range(factor) for key, one in value.items()}
    return value


def _another(item: Any, turn: int) -> Any:
    """Return an item for a further turn: another number or text, and anything else as it is."""
    if turn and type(item) is int:
        return item + turn * 1009
    if turn and type(item) is str:
        return f"{item}{turn}"
    if turn and type(item) is tuple:
        return tuple(_another(one, turn) for one in item)
    return item
