"""A pytest plugin that, once the tests are collected, answers requests over them instead of running them."""

import gc
import json
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .behaviour import Behaviour
from .channel import Channel
from .forks import Gone, Piece, run
from .measuring import Measurement
from .reproduction import Symptom, reproducing
from .running import Test
from .screening import Change, Screening
from .swap import Prepared, Swap, UnfitError, put

_MEMORY, _WALL = 768 << 20, 5.0
_PASSED, _FAILED = b"P", b"F"
_OUT_OF_TIME = {signal.SIGPROF, signal.SIGKILL}


class Service:
    """Answers requests over the tests.

    They are `try` (which tests does each change pass?), `behave` (what does each change do with other inputs?),
    `reproduce` (which inputs show a symptom?), and `measure` and `time` (how long do the same calls take?).
    """

    def __init__(self, start: dict[str, Any], channel: Channel) -> None:
        self._channel = channel
        self._root = Path(start["root"])
        self._at_once = int(start["at_once"])
        self._screening = Screening(self._root, at_once=self._at_once, memory=_MEMORY)
        self._tests: list[Test] = []
        self._measured: Measurement | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve until the other end closes."""
        self._tests = [Test(item) for item in session.items]
        session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # noqa: SLF001 - made before any fork
        swap = Swap(self._root)
        gc.collect()
        gc.freeze()
        self._channel.send({"event": "ready", "ids": [test.item.nodeid for test in self._tests]})
        while (request := self._channel.receive()) is not None:
            self._channel.send({"event": "answer", "results": self._answer(request, swap)})
        return True

    def pytest_internalerror(self, excrepr: object) -> None:
        """Report an internal error of this program."""
        self._channel.send({"event": "broken", "text": str(excrepr)[-2000:]})

    def _answer(self, request: dict[str, Any], swap: Swap) -> list[Any]:
        if request["do"] == "reproduce":
            return self._reproduce(request, swap)
        if request["do"] == "measure":
            self._measured = Measurement(self._root, request)
            return self._measured.begun(request, self._timed(request), swap)
        if request["do"] == "time":
            return self._measured.timed(request["group"], float(request["seconds"])) if self._measured else []
        return self._try(request, swap) if request["do"] == "try" else self._behave(request, swap)

    def _reproduce(self, request: dict[str, Any], swap: Swap) -> list[Any]:
        """Return the arguments that show the symptom; none if the function is not loaded or takes no plain ones."""
        alive = swap.alive(request["file"], request["function"])
        if not alive:
            return []
        piece = reproducing(
            alive[0], Symptom(**request["symptom"]), self._root, self._timed(request), int(request["most"])
        )
        [(_, gone)] = run([piece], at_once=1, seconds=float(request["wall"]), memory=_MEMORY)
        return [json.loads(line) for line in gone.said.decode().split("\n")[:-1]]

    def _timed(self, request: dict[str, Any]) -> list[tuple[Test, float]]:
        return [
            (self._tests[number], seconds) for number, seconds in zip(request["tests"], request["seconds"], strict=True)
        ]

    def _try(self, request: dict[str, Any], swap: Swap) -> list[dict[str, Any]]:
        tests = [self._tests[number] for number in request["tests"]]
        how = {"whole": request["whole"], "every": request.get("every", request["whole"])}
        one = partial(_trial, tests=tests, seconds=request["seconds"], **how)
        work = _changes(request, swap)
        ended: dict[int, Gone] = {}
        if not how["every"] and not how["whole"]:
            wall = float(request["seconds"][0]) + _WALL
            ended = self._screening.failed(work, tests[0], float(request["seconds"][0]), wall)
        gone = self._forked(one, [change for change in work if change[0] not in ended], request) | ended
        return [_verdict(gone.get(number), len(tests)) for number in range(len(request["candidates"]))]

    def _behave(self, request: dict[str, Any], swap: Swap) -> list[list[str]]:
        tests = self._timed(request)
        first = [pair for change in request["first"] for pair in swap.prepared(*change)]
        behaviour = Behaviour(swap.outermost(request["file"], request["function"]), first, request["most"])
        one = partial(behaviour.told, tests=tests)
        ends = self._forked(one, _changes(request, swap), request)
        told = {number: gone.said.decode().split("\n")[:-1] for number, gone in ends.items()}
        longest = max(map(len, told.values()), default=0)
        for number, gone in ends.items():
            if gone.signal in _OUT_OF_TIME:
                told[number] += ["!time"] * (longest - len(told[number]))
        return [told.get(number, []) for number in range(len(request["candidates"]))]

    def _forked(self, one: Callable[..., None], work: Sequence[Change], request: dict[str, Any]) -> dict[int, Gone]:
        """Return how the fork of each change ended, by its number."""
        pieces: list[Piece] = [partial(one, prepared) for _, prepared in work]
        wall = float(request["wall"])
        return {
            work[place][0]: gone for place, gone in run(pieces, at_once=self._at_once, seconds=wall, memory=_MEMORY)
        }


def _changes(request: dict[str, Any], swap: Swap) -> list[Change]:
    """Return the candidates that fit, with their numbers."""
    work: list[Change] = []
    for number, changes in enumerate(request["candidates"]):
        with suppress(UnfitError):
            work.append((number, [pair for file, name, edits in changes for pair in swap.prepared(file, name, edits)]))
    return work


def _trial(
    prepared: Prepared,
    say: Callable[[bytes], object],
    *,
    tests: list[Test],
    seconds: list[float],
    whole: bool,
    every: bool,
) -> None:
    """Report a letter for each test: for `every` one, or up to the first that fails; `whole` as pytest runs it."""
    gc.disable()
    put(prepared)
    for test, limit in zip(tests, seconds, strict=True):
        # The signal's default action ends the fork, so no handler in the code under test can stop it.
        signal.setitimer(signal.ITIMER_PROF, limit)
        passed = test.passes_as_pytest_runs_it() if whole else test.passes()
        say(_PASSED if passed else _FAILED)
        if not passed and not every:
            break
    signal.setitimer(signal.ITIMER_PROF, 0)


def _verdict(gone: Gone | None, wanted: int) -> dict[str, Any]:
    if gone is None:
        return {"verdict": "unfit", "said": ""}
    said = gone.said.decode()
    if gone.signal in _OUT_OF_TIME:
        return {"verdict": "time", "said": said}
    return {"verdict": "pass" if said == _PASSED.decode() * wanted else "fail", "said": said}
