"""Having a garbage collection begin at a chosen allocation, as a busy process has one sooner or later."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Lost:
    """What no one holds but itself, so that only a collection finds it; then it acts."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act, self.me = act, self

    def __del__(self) -> None:
        self.act()


@contextmanager
def collection_after(allocations: int, act: Callable[[], Any]) -> Iterator[None]:
    """Begin a collection after so many allocations of the block, or at its end; it runs `act` as a finaliser.

    Use it in a process of its own, because a collection of all that a test run holds takes seconds. What that process
    has loaded is left out.
    """
    thresholds = gc.get_threshold()
    gc.disable()
    gc.freeze()
    Lost(act)
    gc.set_threshold(gc.get_count()[0] + allocations)
    gc.enable()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.collect()
