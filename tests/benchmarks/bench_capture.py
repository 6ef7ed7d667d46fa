"""What capturing one event costs the application's thread: by the logging handler, and by the hook on Celery's tasks.

The handler is compared with the standard library's QueueHandler, the hook with a receiver that does nothing. All get
the same events, one every 200 microseconds, and a real server accepts what is sent. `deep` and a failed task are an
exception from 20 calls down; raising it is part of every figure, including `nothing` and `no receiver`.

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
from celery import Celery, Task
from celery.signals import task_failure

from grace_workers.entrypoints.capture import GraceHandler, Sender, capture_task_failures
from tests.integration.capture.server import TinyServer

pytestmark = pytest.mark.bench

EVENTS = 4000
PAUSE = 200e-6
DEPTH = 20


def medians(emit: Callable[[int], None]) -> tuple[float, float]:
    """Return median and 99th percentile of what one event costs, in microseconds."""
    spans = []
    for number in range(EVENTS):
        started = time.perf_counter()
        emit(number)
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
        fail(DEPTH)
    except ValueError:
        log.exception("order %d failed", number)


def task_failed(task: Task, number: int) -> None:
    """Report a failed task, as Celery does."""
    try:
        fail(DEPTH)
    except ValueError as error:
        task_failure.send(
            sender=task,
            task_id=f"task-{number}",
            exception=error,
            args=(number,),
            kwargs={},
            traceback=error.__traceback__,
            einfo=None,
        )


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
        finish(handler.sender)
        handler.close()


def finish(sender: Sender) -> None:
    """Wait until everything was sent, and print the result."""
    sender.drain(timedelta(seconds=30))
    print(f"    sent {sender.counts.sent}, lost {sender.counts.lost}")


def show(what: str, figures: dict[str, tuple[float, float]]) -> None:
    for name, (median, p99) in figures.items():
        print(f"  capture {what:6} {name:21} median {median:6.1f} us   p99 {p99:7.1f} us")


@pytest.mark.parametrize("emit", [plain, deep])
def test_capture_cost_of_a_log_record(
    emit: Callable[[logging.Logger, int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    figures = {}
    with capsys.disabled():
        for name, side in (("nothing", None), ("QueueHandler", peer), ("GraceHandler", ours)):
            log = logging.Logger("bench")  # noqa: LOG001 - outside the tree, so that only one handler is measured
            if side is None:
                log.addHandler(logging.NullHandler())
                figures[name] = medians(lambda number, log=log: emit(log, number))
            else:
                with side() as handler:
                    log.addHandler(handler)
                    figures[name] = medians(lambda number, log=log: emit(log, number))
        show(emit.__name__, figures)
        ratio = figures["QueueHandler"][0] / figures["GraceHandler"][0]
        print(
            f"  capture {emit.__name__:6} QueueHandler / GraceHandler = {ratio:.2f}; bar: GraceHandler < 50 us median"
        )


def test_capture_cost_of_a_failed_task(capsys: pytest.CaptureFixture[str]) -> None:
    app = Celery("bench", set_as_current=False)
    task = app.task(name="bench.charge")(fail)

    def ignore(**_facts: object) -> None:
        """Accept the signal and do nothing."""

    figures = {}
    with capsys.disabled(), TinyServer() as server:
        figures["no receiver"] = medians(lambda number: task_failed(task, number))
        task_failure.connect(ignore, weak=False)
        figures["idle receiver"] = medians(lambda number: task_failed(task, number))
        task_failure.disconnect(ignore)
        # It stays connected, to an application that no one else uses.
        sender = capture_task_failures(server.url, app=app)
        figures["capture_task_failures"] = medians(lambda number: task_failed(task, number))
        finish(sender)
        sender.close()
        if sender.counts.sent != EVENTS:
            raise AssertionError(f"{EVENTS} tasks failed, {sender.counts.sent} were sent")
        show("task", figures)
        print("  capture task   bar: capture_task_failures < 50 us median")
