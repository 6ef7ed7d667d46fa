"""Running one collected test as fast as possible: called directly if pytest would do no more than that."""

from collections.abc import Callable
from copy import copy, deepcopy
from types import MethodType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

# Each of these marks asks pytest for more than a call.
_MARKS = {"skip", "skipif", "xfail", "usefixtures", "filterwarnings"}

_ATOMS = {bool, int, float, complex, str, bytes}
_COPIED = {list, tuple, set, frozenset}


class Test:
    """A collected test."""

    __test__ = False

    def __init__(self, item: pytest.Item) -> None:
        self.item = item
        self._arguments = _arguments(item)
        self._call = item.obj if self._arguments is not None and isinstance(item, pytest.Function) else None

    def passes(self) -> bool:
        """Return whether it passes. Run it in a fork if later tests share its state."""
        if self._call is None or self._arguments is None:
            return self.passes_as_pytest_runs_it()
        try:
            self._call(**self._arguments)
        except BaseException:  # noqa: BLE001 - whatever ends a test in this way has failed it
            return False
        return True

    @property
    def repeatable(self) -> bool:
        """Whether it can run many times in one process: called directly, with arguments that can be copied."""
        return self._call is not None and all(_is_plain(one) for one in (self._arguments or {}).values())

    def passes_apart(self) -> bool:
        """Return whether it passes with copies of its arguments and of its object, which stay as they are."""
        if self._call is None or self._arguments is None:
            raise TypeError("only what is called directly can run apart")
        try:
            apart(self._call)(**deepcopy(self._arguments))
        except BaseException:  # noqa: BLE001 - whatever ends a test in this way has failed it
            return False
        return True

    def passes_as_pytest_runs_it(self) -> bool:
        """Return whether it passes under pytest, including set-up and teardown."""
        reports = runtestprotocol(self.item, nextitem=None, log=False)
        return all(report.outcome != "failed" for report in reports)


def apart(call: Callable[..., object]) -> Callable[..., object]:
    """Return a method bound to a copy of its object, so that what it sets there is gone afterwards."""
    return MethodType(call.__func__, copy(call.__self__)) if isinstance(call, MethodType) else call


def _arguments(item: pytest.Item) -> dict[str, Any] | None:
    """Return the test's arguments, or None when pytest must prepare more than that."""
    if type(item) is not pytest.Function or any(mark.name in _MARKS for mark in item.iter_markers()):
        return None
    given = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    names = item._fixtureinfo.argnames  # noqa: SLF001 - the only place where pytest keeps what it will pass
    wanted = set(item._fixtureinfo.names_closure) - {"request"}  # noqa: SLF001 - as above
    if (
        wanted != set(names)
        or not set(names) <= given.keys()
        or _is_async(item.obj)
        or item.get_closest_marker("asyncio")
    ):
        return None
    return {name: given[name] for name in names}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return type(value) in _COPIED and all(map(_is_plain, value))
    if type(value) is dict:
        return all(map(_is_plain, value.keys())) and all(map(_is_plain, value.values()))
    return value is None or type(value) in _ATOMS


def _is_async(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    return code is None or bool(code.co_flags & 0x2A0)
