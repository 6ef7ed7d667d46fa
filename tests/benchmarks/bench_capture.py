"""What capturing one event costs the application's thread, next to the standard library's QueueHandler.

Both are fed the same records, one every 200 microseconds, and a real server takes what is sent. `deep` is an exception
from 20 calls down.
The bar: a median below 50 microseconds for each event, traceback included.
"""

import logging
import logging.handlers
import queue
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from grace_workers.entrypoints.capture import GraceHandler
from tests.integration.capture.server import TinyServer

pytestmark = pytest.mark.bench

EVENTS = 4000
PAUSE = 200e-6


def medians(log: logging.Logger, emit: Callable[[logging.Logger, int], None]) -> tuple[float, float]:
    spans = []
    for number in range(EVENTS):
        started = time.perf_counter()
        emit(log, number)
        spans.append(time.perf_counter() - started)
        while time.perf_counter() - started < PAUSE:
            pass
    return statistics.median(spans) * 1e6, statistics.quantiles(spans, n=100)[98] * 1e6


def plain(log: logging.Logger, number: int) -> None:
    log.error("order %d of %s failed", number, "bob")


def fail(depth: int) -> None:
    if depth == 0:
        raise ValueError(depth)
    fail(depth - 1)


def deep(log: logging.Logger, number: int) -> None:
    try:
        fail(20)
    except ValueError:
        log.exception("order %d failed", number)


@contextmanager
def peer() -> Iterator[logging.Handler]:
    waiting: queue.Queue[logging.LogRecord] = queue.Queue()
    listener = logging.handlers.QueueListener(waiting, logging.NullHandler())
    listener.start()
    yield logging.handlers.QueueHandler(waiting)
    listener.stop()


@contextmanager
def ours() -> Iterator[logging.Handler]:
    with TinyServer() as server:
        handler = GraceHandler(server.url)
        yield handler
        handler.drain(timedelta(seconds=30))
        handler.close()
        print(f"    sent {handler.sender.counts.sent}, lost {handler.sender.counts.lost}")


@pytest.mark.parametrize("emit", [plain, deep])
def test_capture_cost(emit: Callable[[logging.Logger, int], None], capsys: pytest.CaptureFixture[str]) -> None:
    figures = {}
    with capsys.disabled():
        for name, side in (("nothing", None), ("QueueHandler", peer), ("GraceHandler", ours)):
            log = logging.Logger("bench")  # noqa: LOG001 - outside the tree, so that only one handler is measured
            if side is None:
                log.addHandler(logging.NullHandler())
                figures[name] = medians(log, emit)
            else:
                with side() as handler:
                    log.addHandler(handler)
                    figures[name] = medians(log, emit)
        for name, (median, p99) in figures.items():
            print(f"  capture {emit.__name__:6} {name:13} median {median:6.1f} us   p99 {p99:7.1f} us")
        ratio = figures["QueueHandler"][0] / figures["GraceHandler"][0]
        print(
            f"  capture {emit.__name__:6} QueueHandler / GraceHandler = {ratio:.2f}; bar: GraceHandler < 50 us median"
        )
