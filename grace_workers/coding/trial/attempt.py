"""One attempt of an exploration: statements and a call, and what a test could expect of it."""

import builtins
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

from .arcs import Arcs, trace
from .expectation import Expected, attributes_of, expectation_of, is_plain, text_of
from .timeout import OutOfTimeError, out_of_time

_SECONDS, _LONGEST_MESSAGE = 0.1, 90
_VALUE_ERRORS = (LookupError, ZeroDivisionError, ValueError, OverflowError, StopIteration)
_CODE_ERRORS = (TypeError, AttributeError, NameError, RecursionError, AssertionError)


@dataclass(frozen=True)
class Script:
    """Statements, and the expression that follows them; `watched` is a name whose changes count as a result."""

    setup: tuple[str, ...]
    call: str
    watched: str = ""


@dataclass
class TriedCall:
    """What came of a script. `fits` is false if the arguments are of wrong types, because no one calls it like that."""

    script: Script
    arcs: Arcs = field(default_factory=set)
    expected: Expected | None = None
    after: tuple[str, ...] = ()
    fits: bool = True
    value: Any = None
    error: str = ""

    @property
    def outcome(self) -> tuple[object, ...]:
        """What distinguishes it from other attempts of the same subject."""
        return self.expected, self.after

    @property
    def tells(self) -> bool:
        """Return whether a test can expect something of it."""
        return self.fits and (self.expected is not None or bool(self.after))


class OutsideError(BaseException):
    """The code reaches for something outside: a file, a socket, a process."""


class Bounds:
    """Refuses what a test must not do, once it is on: the audit events of files, sockets and processes."""

    _REFUSED = ("open", "socket.", "subprocess.", "os.", "shutil.", "tempfile.", "ctypes.", "webbrowser.", "signal.")
    _ALLOWED = ("os.listdir", "os.scandir", "os.walk")

    def __init__(self) -> None:
        self.on = False
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on or not event.startswith(self._REFUSED) or event in self._ALLOWED:
            return
        if event == "open" and str(arguments[0]).endswith((".py", ".pyc", ".so")) and arguments[1] in {"r", "rb", None}:
            return  # an import inside a function
        raise OutsideError(event)


@dataclass
class ScriptRunner:
    """Where scripts run: the names they may use, the file whose steps count, its lines of `raise`, and unsure lines."""

    names: Mapping[str, Any]
    file: str
    raises: frozenset[int]
    unsure: frozenset[int]
    bounds: Bounds

    def run(self, script: Script) -> TriedCall | None:
        """Return the attempt; None if no test may do that: it takes too long, or reaches outside."""
        made = TriedCall(script)
        space = dict(self.names)
        signal.signal(signal.SIGALRM, out_of_time)
        signal.setitimer(signal.ITIMER_REAL, _SECONDS * 10)
        signal.signal(signal.SIGPROF, out_of_time)
        signal.setitimer(signal.ITIMER_PROF, _SECONDS)
        self.bounds.on = True
        try:
            trace(lambda: self._into(made, space), self.file, made.arcs)
        except (OutOfTimeError, OutsideError, SystemExit, KeyboardInterrupt):
            return None
        except BaseException as error:  # noqa: BLE001 - what it raises is what it does
            self._raised(made, error)
        finally:
            self.bounds.on = False
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
        return None if any(line in self.unsure for arc in made.arcs for line in arc) else made

    def _into(self, made: TriedCall, space: dict[str, Any]) -> None:
        for statement in made.script.setup:
            exec(_compiled(statement, "exec"), space)  # noqa: S102 - the code under test, in the sandbox
        watched = made.script.watched
        before = self._seen(space[watched]) if watched else {}
        made.value = eval(_compiled(made.script.call, "eval"), space)  # noqa: S307 - as above
        made.expected = expectation_of(made.value, self.names)
        if watched:
            after = self._seen(space[watched])
            made.after = tuple(
                f"assert {watched}{name} {_equals(text)}" for name, text in after.items() if before.get(name) != text
            )
        elif made.expected is not None and made.expected.form == "is_a":
            seen = attributes_of(made.value, self.names)
            made.after = tuple(f"assert result.{name} {_equals(text)}" for name, text in seen.items())

    def _seen(self, value: Any) -> dict[str, str]:
        """Return what shows of an object, as endings of its name with the text of their value."""
        text = text_of(value, self.names)
        if text is not None and is_plain(text):
            return {"": text}
        return {f".{name}": text for name, text in attributes_of(value, self.names).items()}

    def _raised(self, made: TriedCall, error: BaseException) -> None:
        kind = type(error).__name__
        known = getattr(builtins, kind, None) is type(error) or self.names.get(kind) is type(error)
        lines = []
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self.file:
                lines.append(trace.tb_lineno)
            trace = trace.tb_next
        meant = bool(lines) and lines[-1] in self.raises
        made.fits = meant or (bool(lines) and isinstance(error, _VALUE_ERRORS) and not isinstance(error, _CODE_ERRORS))
        made.error = kind
        if made.fits and known and kind not in {"StopIteration", "GeneratorExit"}:
            made.expected = Expected(f"raises {kind}", _message(error) if meant else "")
        elif not known:
            made.fits = False


def _equals(text: str) -> str:
    return f"is {text}" if text in {"None", "True", "False"} else f"== {text}"


def _message(error: BaseException) -> str:
    """Return a pattern of the error's message, in Python's spelling; empty if it is not one to expect."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - the error is foreign code, and so is its text
        return ""
    if not said or len(said) > _LONGEST_MESSAGE or not said.isprintable() or "0x" in said or '"' in said:
        return ""
    escaped = re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", said)
    return f'r"{escaped}"' if escaped != said else f'"{said}"'


@lru_cache(maxsize=4096)
def _compiled(text: str, mode: str) -> CodeType:
    made: CodeType = compile(text, "<attempt>", mode, dont_inherit=True)
    return made
