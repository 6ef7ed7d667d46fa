"""What code could leave behind in its process: what the modules below a folder hold, chance, and the environment."""

import os
import random
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any

_MOST = 600
_IN_ORDER: tuple[Any, ...] = (list, tuple, set, frozenset, deque)
_ATOMS = (int, float, complex, str, bytes, bool, type(None))
Kept = tuple[object, ...]


class TooMuchError(Exception):
    """The modules hold more than is worth to compare."""


class State:
    """The state of a process, as far as the modules below `root` and the tests' world show it."""

    def __init__(self, root: Path) -> None:
        self._modules = [one for one in list(sys.modules.values()) if _is_below(one, str(root))]
        self._own = {one.__name__ for one in self._modules}

    def kept(self) -> Kept:
        """Return what is equal as long as nothing has changed.

        Raises:
            TooMuchError: there is too much to look at.
        """
        place = os.getcwd()  # noqa: PTH109 - a text is enough to compare
        return list(self._parts()), random.getstate(), dict(os.environ), place, threading.active_count()

    def _parts(self) -> Iterator[object]:
        """Yield the identities of objects and the values of plain ones, in the order in which they are reached."""
        pending: list[Any] = [one for module in self._modules for one in _bound(module)]
        known: set[int] = set()
        while pending:
            one = pending.pop()
            if type(one) in _ATOMS:
                yield one
                continue
            yield id(one)
            if id(one) in known:
                continue
            known.add(id(one))
            if len(known) > _MOST:
                raise TooMuchError
            pending += self._inside(one)

    def _inside(self, one: Any) -> list[Any]:
        kind = type(one)
        if issubclass(kind, dict):
            return [dict.__len__(one), *dict.keys(one), *dict.values(one)]
        for plain in _IN_ORDER:
            if issubclass(kind, plain):
                return list(plain.__iter__(one))
        if kind is FunctionType:
            cells = [cell.cell_contents for cell in one.__closure__ or () if _is_full(cell)]
            return [one.__defaults__, one.__kwdefaults__, one.__dict__, *cells]
        if issubclass(kind, type):
            return list(one.__dict__.values()) if one.__module__ in self._own else []
        return [] if kind is ModuleType else list(_attributes(one))


def _attributes(one: Any) -> Iterator[Any]:
    """Yield what an object holds, without running code of its own."""
    with suppress(AttributeError):
        yield object.__getattribute__(one, "__dict__")
    for kind in type(one).__mro__:
        for slot in kind.__dict__.values():
            if type(slot) is MemberDescriptorType and kind.__module__ != "builtins":
                with suppress(AttributeError):
                    yield slot.__get__(one)


def _is_below(module: object, root: str) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(module, ModuleType) and isinstance(file, str) and file.startswith(f"{root}{os.sep}")


def _bound(module: ModuleType) -> Iterator[Any]:
    """Yield what a module binds itself, without what Python puts there."""
    yield from (one for name, one in list(module.__dict__.items()) if not name.startswith("__"))


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - reading an empty cell raises
    except ValueError:
        return False
    return True
