"""The capture in a user's process, against a real server that stalls, refuses and dies."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.entrypoints.capture import GraceHandler, Sender, capture_task_failures
from grace_workers.entrypoints.capture.event import CapturedEvent
from grace_workers.signals import plain_signals
from tests.integration.capture.server import TinyServer
from tests.waiting import until

SOON = timedelta(seconds=10)


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.Logger("shop.checkout")  # noqa: LOG001 - outside the tree, so that pytest's own handlers stay away
    yield logger
    for handler in list(logger.handlers):
        handler.close()


def attached(log: logging.Logger, url: str, **options: object) -> GraceHandler:
    handler = GraceHandler(url, **options)
    log.addHandler(handler)
    return handler


def test_an_error_arrives_as_a_signal_that_the_plain_source_accepts(log: logging.Logger) -> None:
    with TinyServer() as server:
        handler = attached(log, server.url, token="t0k3n", target="shop")
        try:
            [].remove("no stock")
        except ValueError:
            log.exception("checkout failed")
        assert handler.drain(SOON)
        [signal] = plain_signals({"signals": server.signals}, datetime.now(UTC))
        assert (signal.name, signal.target, signal.severity) == ("ERROR shop.checkout", "shop", "error")
        assert signal.summary == "checkout failed"
        assert "Traceback (most recent call last):" in (signal.text or "")
        assert (signal.text or "").endswith("ValueError: list.remove(x): x not in list")
        path, headers = server.requests[0]
        assert (path, headers["authorization"]) == ("/api/v1/signals", "Bearer t0k3n")


def test_what_is_logged_below_error_stays_at_home(log: logging.Logger) -> None:
    with TinyServer() as server:
        handler = attached(log, server.url)
        log.warning("not this")
        log.error("but this")
        assert handler.drain(SOON)
        assert [signal["summary"] for signal in server.signals] == ["but this"]


def test_secrets_do_not_leave_the_process(log: logging.Logger) -> None:
    with TinyServer() as server:
        handler = attached(log, server.url)
        log.error("login with password=hunter2 at postgres://bob:hunter3@db/x failed, Authorization: Bearer hunter4")
        assert handler.drain(SOON)
        assert "hunter" not in str(server.signals)


def test_a_burst_travels_in_few_requests(log: logging.Logger) -> None:
    with TinyServer() as server:
        handler = attached(log, server.url)
        for number in range(1000):
            log.error("failure %d", number)
        assert handler.drain(SOON)
        assert [signal["summary"] for signal in server.signals] == [f"failure {number}" for number in range(1000)]
        assert len(server.requests) < 30


def test_a_stalled_server_never_holds_the_application(log: logging.Logger) -> None:
    with TinyServer() as server:
        server.released.clear()
        handler = attached(log, server.url, capacity=500)
        slowest = 0.0
        for number in range(2000):
            started = time.perf_counter()
            log.error("failure %d", number)
            slowest = max(slowest, time.perf_counter() - started)
        assert slowest < 0.5
        assert handler.sender.counts.lost >= 1000
        server.released.set()
        assert handler.drain(SOON)


def test_what_a_full_queue_lost_is_counted_and_reported(log: logging.Logger) -> None:
    with TinyServer() as server:
        server.released.clear()
        handler = attached(log, server.url, capacity=10)
        for number in range(500):
            log.error("failure %d", number)
        lost = handler.sender.counts.lost
        server.released.set()
        assert handler.drain(SOON)
        log.error("after")
        assert handler.drain(SOON)
        reports = [signal["summary"] for signal in server.signals if signal["name"] == "capture.lost"]
        assert sum(int(report.split()[0]) for report in reports) == lost
        arrived = [signal for signal in server.signals if signal["name"] != "capture.lost"]
        assert len(arrived) + lost == 501


def test_a_busy_server_is_asked_again_until_it_takes_the_events(log: logging.Logger) -> None:
    answers = iter([503, 503, 429])
    with TinyServer(answer=lambda signals: next(answers, 202)) as server:
        handler = attached(log, server.url)
        log.error("once")
        assert handler.drain(SOON)
        assert [signal["summary"] for signal in server.signals] == ["once"]
        assert len(server.requests) == 4


def test_a_server_that_dies_and_returns_gets_every_event_once(log: logging.Logger) -> None:
    with TinyServer() as first:
        port = first.port
        handler = attached(log, first.url)
        log.error("before")
        assert handler.drain(SOON)
    log.error("while it is away")
    with TinyServer(port) as second:
        assert handler.drain(SOON)
        assert [signal["summary"] for signal in second.signals] == ["while it is away"]
    assert [signal["summary"] for signal in first.signals] == ["before"]


def test_a_wrong_token_stops_the_sending_after_one_warning(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    with TinyServer(answer=lambda signals: 401) as server:
        handler = attached(log, server.url, token="wrong")
        log.error("one")
        until(lambda: handler.sender.counts.lost == 1, within=10)
        for _ in range(50):
            log.error("more")
        assert handler.sender.counts.lost == 51
        assert len(server.requests) == 1
        warnings = [record for record in caplog.records if record.name == "grace_workers.capture"]
        assert len(warnings) == 1
        assert "wrong" not in warnings[0].getMessage()


def test_one_refused_event_does_not_take_its_batch_along(log: logging.Logger) -> None:
    with TinyServer(answer=lambda signals: 400 if any("bad" in one["summary"] for one in signals) else 202) as server:
        handler = attached(log, server.url)
        for name in ("a", "b", "bad", "c", "d"):
            log.error("%s", name)
        assert handler.drain(SOON)
        arrived = [signal["summary"] for signal in server.signals if signal["name"] != "capture.lost"]
        assert arrived == ["a", "b", "c", "d"]
        assert handler.sender.counts.lost == 1


def test_a_server_that_refuses_everything_is_not_asked_for_each_event(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    with TinyServer(answer=lambda signals: 422) as server:
        handler = attached(log, server.url, target="shpo")
        for number in range(200):
            log.error("failure %d", number)
        assert handler.drain(SOON)
        assert handler.sender.counts.lost >= 200
        assert len(server.requests) < 40
        [warning] = [record for record in caplog.records if record.name == "grace_workers.capture"]
        assert "'shpo' is not declared" in warning.getMessage()


def test_a_message_that_cannot_be_formatted_breaks_nothing(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    monkeypatch.setattr(logging, "raiseExceptions", False)
    with TinyServer() as server:
        handler = attached(log, server.url)
        log.error("%s", Hostile())
        log.error("still here")
        assert handler.drain(SOON)
        assert [signal["summary"] for signal in server.signals] == ["still here"]


def test_text_that_cannot_be_stored_is_made_storable(log: logging.Logger) -> None:
    with TinyServer() as server:
        handler = attached(log, server.url)
        log.error("nul \x00 and lone \ud800 surrogate")
        assert handler.drain(SOON)
        assert len(plain_signals({"signals": server.signals}, datetime.now(UTC))) == 1


def test_a_forked_child_sends_its_own_events_and_not_the_parents() -> None:
    script = """
import logging, os, sys
from datetime import timedelta
from grace_workers.entrypoints.capture import GraceHandler
handler = GraceHandler(sys.argv[1])
log = logging.getLogger(); log.addHandler(handler)
log.error("parent before")
handler.drain(timedelta(seconds=10))
child = os.fork()
log.error("child" if child == 0 else "parent after")
done = handler.drain(timedelta(seconds=10))
if child == 0: os._exit(0 if done else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    with TinyServer() as server:
        subprocess.run([sys.executable, "-c", script, server.url], check=True, timeout=60)
        assert sorted(signal["summary"] for signal in server.signals) == ["child", "parent after", "parent before"]


def test_the_last_words_of_a_process_are_sent_at_its_end() -> None:
    script = """
import logging, sys
from grace_workers.entrypoints.capture import GraceHandler
logging.getLogger().addHandler(GraceHandler(sys.argv[1]))
logging.getLogger("app").error("last words")
"""
    with TinyServer() as server:
        subprocess.run([sys.executable, "-c", script, server.url], check=True, timeout=60)
        assert [signal["summary"] for signal in server.signals] == ["last words"]


def test_a_stalled_server_delays_the_end_of_a_process_by_two_seconds_at_most() -> None:
    script = """
import atexit, sys, time
atexit.register(lambda: print(time.monotonic() - started))
import logging
from grace_workers.entrypoints.capture import GraceHandler
logging.getLogger().addHandler(GraceHandler(sys.argv[1]))
logging.getLogger("app").error("last words")
started = time.monotonic()
"""
    with TinyServer() as server:
        server.released.clear()
        done = subprocess.run(
            [sys.executable, "-c", script, server.url], check=True, timeout=60, capture_output=True, text=True
        )
        assert float(done.stdout) < 2.5


def test_no_events_of_many_threads_are_lost_or_doubled() -> None:
    with TinyServer() as server:
        sender = Sender(server.url)
        threads = [
            threading.Thread(
                target=lambda at=at: [
                    sender.offer(CapturedEvent(f"n{at}", "error", f"{at}:{n}", time.time())) for n in range(200)
                ]
            )
            for at in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sender.drain(SOON)
        sender.close()
        assert sorted(signal["summary"] for signal in server.signals) == sorted(
            f"{at}:{n}" for at in range(8) for n in range(200)
        )
        assert len({signal["key"] for signal in server.signals}) == 1600


def test_failed_tasks_of_one_celery_application_are_sent() -> None:
    from celery import Celery

    mine, other = Celery("mine", set_as_current=False), Celery("other", set_as_current=False)

    @mine.task(name="shop.charge")
    def charge(card: str) -> None:
        raise LookupError("no such account")

    @other.task(name="other.fails")
    def fails() -> None:
        raise LookupError("not ours")

    with TinyServer() as server:
        sender = capture_task_failures(server.url, target="shop", app=mine)
        charge.apply(args=["4111-1111"])
        fails.apply()
        assert sender.drain(SOON)
        sender.close()
        [signal] = plain_signals({"signals": server.signals}, datetime.now(UTC))
        assert signal.name == "task_failure shop.charge"
        assert signal.signature.startswith("LookupError@shop.charge~")
        assert "4111" not in str(server.signals)


def test_closing_twice_waits_once(log: logging.Logger) -> None:
    with TinyServer() as server:
        server.released.clear()
        sender = Sender(server.url)
        sender.offer(CapturedEvent("n", "error", "m", time.time()))
        started = time.monotonic()
        sender.close(timedelta(milliseconds=200))
        sender.close(timedelta(seconds=30))
        assert time.monotonic() - started < 5
