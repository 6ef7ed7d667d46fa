"""`retry`: a function that calls something outside is tried again, and left alone while the other side stays down."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.coding.engines.recipe.insertion import decoration, imported, module_name
from grace_workers.coding.reason import Reason
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""Calls to the outside: tried again with growing, random waits, and refused while too many fail in a row."""

import random
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class CircuitOpen(ConnectionError):
    """No call was made, because the last ones failed."""


class Breaker:
    """Opens after `failures` calls in a row that failed, and lets one call through every `rest` seconds."""

    def __init__(self, failures: int, rest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures, self._rest, self._clock = failures, rest, clock
        self._failed, self._until = 0, 0.0
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Let a call through. Raises CircuitOpen."""
        with self._lock:
            if self._failed < self._failures:
                return
            left = self._until - self._clock()
            if left > 0:
                raise CircuitOpen(f"the last {self._failed} calls failed; the next is made in {left:.0f} s")
            # Only this call is let through until it has ended.
            self._until = self._clock() + self._rest

    def told(self, *, well: bool) -> None:
        """Record how a call ended."""
        with self._lock:
            self._failed = 0 if well else self._failed + 1
            if self._failed >= self._failures:
                self._until = self._clock() + self._rest


def retrying(
    *errors: type[Exception],
    attempts: int = 3,
    first: float = 0.1,
    longest: float = 5.0,
    breaker: Breaker | None = None,
    pause: Callable[[float], object] = time.sleep,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Try a function again when it raises one of `errors`, which must be harmless to repeat.

    The wait is random, up to `first` seconds, then up to twice as long each time, at most `longest`.
    """
    guard = breaker or Breaker(failures=5, rest=30.0)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            for attempt in range(1, attempts + 1):
                guard.admit()
                try:
                    result = function(*args, **kwargs)
                except errors:
                    guard.told(well=False)
                    if attempt == attempts:
                        raise
                    pause(random.uniform(0, min(longest, first * 2 ** (attempt - 1))))
                else:
                    guard.told(well=True)
                    return result
            raise AssertionError("the last attempt returns or raises")

        return called

    return decorate
'''
_TESTS = '''import pytest

from {module} import {outer}
from {retrying} import Breaker, CircuitOpen, retrying


class Failing:
    """A function that fails as often as it is told to."""

    def __init__(self, *errors):
        self.errors, self.calls = list(errors), 0

    def __call__(self, value):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return value


def decorated(function, **more):
    waits = []
    options = {{"breaker": Breaker(failures=100, rest=1.0), "pause": waits.append, **more}}

    def call(value):
        return function(value)

    return retrying(ConnectionError, **options)(call), waits


def test_{bare}_is_tried_again():
    assert hasattr({outer}{rest}, "__wrapped__")


def test_what_passes_is_tried_again_with_growing_waits():
    function = Failing(ConnectionError(), ConnectionError())
    call, waits = decorated(function, attempts=3, first=1.0, longest=10.0)
    assert call("result") == "result"
    assert function.calls == 3
    assert 0 <= waits[0] <= 1.0
    assert 0 <= waits[1] <= 2.0


def test_the_last_failure_is_raised():
    function = Failing(*[ConnectionError("down")] * 9)
    call, waits = decorated(function, attempts=3)
    with pytest.raises(ConnectionError, match="down"):
        call("result")
    assert (function.calls, len(waits)) == (3, 2)


def test_another_error_is_raised_at_once():
    function = Failing(ValueError("wrong"))
    call, waits = decorated(function)
    with pytest.raises(ValueError, match="wrong"):
        call("result")
    assert (function.calls, waits) == (1, [])


def test_while_too_many_fail_no_call_is_made_and_then_one():
    now = [0.0]
    breaker = Breaker(failures=2, rest=30.0, clock=lambda: now[0])
    function = Failing(ConnectionError(), ConnectionError())
    call, _ = decorated(function, attempts=1, breaker=breaker)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            call("result")
    with pytest.raises(CircuitOpen, match="the last 2 calls failed"):
        call("result")
    assert function.calls == 2
    now[0] = 31.0
    assert call("result") == "result"
    assert call("again") == "again"
'''
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
ErrorPath = Annotated[str, StringConstraints(pattern=rf"^{_NAME}(\.{_NAME})*$", max_length=200)]
FunctionPath = Annotated[str, StringConstraints(pattern=rf"\.py::{_NAME}(\.{_NAME})?$", max_length=500)]


class RetryOptions(Document):
    """`function` is `FILE::FUNCTION` or `FILE::CLASS.METHOD`, which must be harmless to repeat.

    `errors` are those after which it is tried again: built-in ones, or by their dotted names, as `httpx.HTTPError`.
    """

    function: FunctionPath
    errors: tuple[ErrorPath, ...] = Field(default=("ConnectionError", "TimeoutError"), min_length=1, max_length=10)
    attempts: int = Field(default=3, ge=2, le=20)


def _write(options: RetryOptions, site: Site) -> RecipeFiles | Reason:
    file, _, function = options.function.partition("::")
    found = decoration(
        site,
        options.function,
        "retrying",
        generator="which a second call would begin again",
        decorated="whether they are to be repeated is for you to say",
    )
    if isinstance(found, Reason):
        return found
    text = found.known(f"@retrying({', '.join(options.errors)}, attempts={options.attempts})", "retrying")
    for package in sorted({one.rpartition(".")[0] for one in options.errors} - {""}):
        if f"import {package}\n" not in text:
            text = imported(text, f"import {package}")
    outer, _, rest = function.partition(".")
    facts = {
        "module": module_name(file), "retrying": found.name, "outer": outer, "bare": found.node.name.strip("_"),
        "rest": f".{rest}" if rest else "",
    }  # fmt: skip
    return RecipeFiles(
        new={found.file: _CODE},
        changed={file: text},
        tests={site.test_file(f"retrying_{found.node.name.strip('_')}"): _TESTS.format(**facts)},
        subject=f"Try {function} of {file} again when it fails for a while",
        story=(
            f"{function} is tried {options.attempts} times when it raises {', '.join(options.errors)}",
            "after five failures in a row no call is made for 30 s, and then one",
            f"that {function} is harmless to repeat was not proven",
        ),
    )


DEFINITION = Recipe(
    name="retry",
    about="retries and a circuit breaker around a function that calls something outside",
    task=TaskType.INTEGRATE,
    options=RetryOptions,
    write=_write,
)
