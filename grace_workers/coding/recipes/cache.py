"""`cache`: results of a function are kept for a while, and callers that ask at once wait for one call."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.coding.engines.recipe.insertion import decoration, module_name
from grace_workers.coding.reason import Reason
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""Results that are kept for a while: at most so many, the least recently used ones are dropped first."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Kept(Generic[R]):
    """Results by the arguments they were asked with. What raised an exception is not kept."""

    def __init__(self, seconds: float, entries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._entries, self._clock = seconds, entries, clock
        self._results: OrderedDict[Hashable, tuple[float, R]] = OrderedDict()
        self._asking: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()
        self._age = 0

    def get(self, key: Hashable, make: Callable[[], R]) -> R:
        """Return what is kept, or make it; others who ask for the same meanwhile wait for it."""
        while True:
            with self._lock:
                found = self._results.get(key)
                if found is not None and self._clock() < found[0]:
                    self._results.move_to_end(key)
                    return found[1]
                asked = self._asking.get(key)
                if asked is None:
                    self._asking[key] = mine = threading.Event()
                    age = self._age
                    break
            asked.wait()
        try:
            result = make()
            self._keep(key, result, age)
            return result
        finally:
            with self._lock:
                if self._asking.get(key) is mine:
                    del self._asking[key]
            mine.set()

    def clear(self) -> None:
        """Forget everything, and what is being made now."""
        with self._lock:
            self._age += 1
            self._results.clear()
            self._asking.clear()

    def _keep(self, key: Hashable, result: R, age: int) -> None:
        with self._lock:
            if age != self._age:
                return
            self._results[key] = (self._clock() + self._seconds, result)
            self._results.move_to_end(key)
            if len(self._results) > self._entries:
                self._results.popitem(last=False)


def cached(
    *, seconds: float, entries: int, clock: Callable[[], float] = time.monotonic
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the results of a function, whose arguments must be hashable and whose results no one may change."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        kept: Kept[R] = Kept(seconds, entries, clock)

        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (args, tuple(sorted(kwargs.items())))
            return kept.get(key, lambda: function(*args, **kwargs))

        called.cache_clear = kept.clear  # type: ignore[attr-defined]
        return called

    return decorate
'''
_TESTS = """import threading

import pytest

from {module} import {function}
from {cache} import cached


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def counted(clock, entries=10):
    calls = []

    @cached(seconds=60, entries=entries, clock=clock)
    def double(number, *, more=0):
        calls.append(number)
        return [2 * number + more]

    return double, calls


def test_{bare}_is_cached():
    assert callable({function}.cache_clear)
    assert callable({function}.__wrapped__)


def test_a_result_is_kept_for_its_time():
    clock = Clock()
    double, calls = counted(clock)
    assert double(1) is double(1)
    assert calls == [1]
    clock.now = 60.0
    assert double(1) == [2]
    assert calls == [1, 1]


def test_other_arguments_have_other_results():
    double, calls = counted(Clock())
    assert [double(1), double(2), double(1, more=5)] == [[2], [4], [7]]
    assert len(calls) == 3


def test_the_least_recently_used_result_is_dropped():
    double, calls = counted(Clock(), entries=2)
    for number in (1, 2, 1, 3, 1, 2):
        double(number)
    assert calls == [1, 2, 3, 2]


def test_an_exception_is_not_kept():
    results = iter([ConnectionError("down"), "result"])

    @cached(seconds=60, entries=10)
    def asked():
        found = next(results)
        if isinstance(found, Exception):
            raise found
        return found

    with pytest.raises(ConnectionError, match="down"):
        asked()
    assert asked() == "result"


def test_what_is_forgotten_is_made_again():
    double, calls = counted(Clock())
    double(1)
    double.cache_clear()
    double(1)
    assert calls == [1, 1]


def test_callers_that_ask_at_once_wait_for_one_call():
    begun, go, calls, results = threading.Event(), threading.Event(), [], []

    @cached(seconds=60, entries=10)
    def slow():
        calls.append(1)
        begun.set()
        assert go.wait(10)
        return object()

    threads = [threading.Thread(target=lambda: results.append(slow())) for _ in range(4)]
    threads[0].start()
    assert begun.wait(10)
    for one in threads[1:]:
        one.start()
    go.set()
    for one in threads:
        one.join(10)
    assert len(calls) == 1
    assert len(set(map(id, results))) == 1
    assert len(results) == 4
"""
FunctionPath = Annotated[str, StringConstraints(pattern=r"\.py::[A-Za-z_][A-Za-z0-9_]*$", max_length=500)]


class CacheOptions(Document):
    """`function` is `FILE::FUNCTION`, which must give the same for the same arguments for `seconds`."""

    function: FunctionPath
    seconds: int = Field(default=60, ge=1, le=86_400)
    entries: int = Field(default=1000, ge=1, le=1_000_000)


def _write(options: CacheOptions, site: Site) -> RecipeFiles | Reason:
    file, _, function = options.function.partition("::")
    found = decoration(
        site,
        options.function,
        "cached",
        generator="whose values can be taken only once",
        decorated="whether their results are to be kept is for you to say",
    )
    if isinstance(found, Reason):
        return found
    line = f"@cached(seconds={options.seconds}, entries={options.entries})"
    facts = {"module": module_name(file), "cache": found.name, "function": function, "bare": function.strip("_")}
    return RecipeFiles(
        new={found.file: _CODE},
        changed={file: found.known(line, "cached")},
        tests={site.test_file(f"cached_{function.strip('_')}"): _TESTS.format(**facts)},
        subject=f"Keep the results of {function} of {file}",
        story=(
            f"results of {function} are kept for {options.seconds} s, at most {options.entries} in each process",
            f"that {function} may give an older result was not proven, nor that its arguments are hashable",
            f"`{function}.cache_clear()` forgets them",
        ),
    )


DEFINITION = Recipe(
    name="cache",
    about="results of a function that are kept for a while",
    task=TaskType.INTEGRATE,
    options=CacheOptions,
    write=_write,
)
