"""Many changes in one fork, by the first test alone: most fail it, and a fork of their own costs more than that.

What passes is tried again in a fork of its own. A change that leaves something behind in the process is the last one of
its fork, so that none is judged by what another one did.
"""

import gc
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from .forks import Gone, run
from .running import Test
from .state import Kept, State, TooMuchError
from .swap import Prepared, put

_PASSED, _FAILED, _STOPPED = b"P", b"F", b"."
Change = tuple[int, Prepared]
"""A change by its number."""


class Screening:
    """Judges changes by one test, `at_once` forks at a time."""

    def __init__(self, root: Path, *, at_once: int, memory: int) -> None:
        self._root, self._at_once, self._memory = root, at_once, memory

    def failed(self, changes: Sequence[Change], test: Test, limit: float, wall: float) -> dict[int, Gone]:
        """Return the ends of the changes that fail the test, or take more CPU seconds than `limit`, by their numbers.

        `wall` are the seconds that one change may take.
        """
        state = State(self._root)
        ends: dict[int, Gone] = {}
        if not test.repeatable or not changes or not _is_small(state):
            return ends
        size = -(-len(changes) // self._at_once)
        pending = [changes[start : start + size] for start in range(0, len(changes), size)]
        while pending:
            pieces = [partial(_screen, changes=part, test=test, limit=limit, state=state) for part in pending]
            left = []
            for place, gone in run(pieces, at_once=self._at_once, seconds=wall, memory=self._memory, renewed=True):
                left.append(pending[place][_told(pending[place], gone, ends) :])
            pending = [part for part in left if part]
        return ends


def _screen(
    say: Callable[[bytes], object], *, changes: Sequence[Change], test: Test, limit: float, state: State
) -> None:
    """Say a letter for each change, until one leaves something behind."""
    gc.enable()
    before = _kept(state)
    for _, prepared in changes:
        earlier = [(one, one.__code__) for one, _ in prepared]
        put(prepared)
        signal.setitimer(signal.ITIMER_PROF, limit)
        passed = test.passes_apart()
        signal.setitimer(signal.ITIMER_PROF, 0)
        put(earlier)
        say(_PASSED if passed else _FAILED)
        if before is None or _kept(state) != before:
            break
    say(_STOPPED)


def _told(changes: Sequence[Change], gone: Gone, ends: dict[int, Gone]) -> int:
    """Keep the ends of those that did not pass; return how many were judged."""
    said = gone.said.removesuffix(_STOPPED)
    for (number, _), letter in zip(changes, said, strict=False):
        if letter == _FAILED[0]:
            ends[number] = Gone(_FAILED, 0)
    if gone.said.endswith(_STOPPED) or len(said) >= len(changes):
        return max(len(said), 1)
    # The fork ended in the middle of this one.
    ends[changes[len(said)][0]] = Gone(b"", gone.signal)
    return len(said) + 1


def _kept(state: State) -> Kept | None:
    try:
        return state.kept()
    except TooMuchError:
        return None


def _is_small(state: State) -> bool:
    return _kept(state) is not None
