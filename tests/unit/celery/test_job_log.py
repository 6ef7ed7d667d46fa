"""The log lines of jobs: what is kept of an event, and how a worker hands them on."""

import json
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from grace_workers.entrypoints.log_lines import JobLine
from grace_workers.entrypoints.tasks.edge import ENDED
from grace_workers.entrypoints.tasks.job_log import MOST_WAITING, JobLogSender
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.orchestration.fleet.job_log import (
    LEFT_OUT,
    LONGEST_LINE,
    MOST_LINES,
    line_of,
    position_of,
    shortened,
    text_of,
)
from tests.waiting import until

EVENT = {"timestamp": "2026-06-30T12:00:00Z", "level": "info", "event": "began", "job_id": "j", "what": "stage plan"}


class Kept:
    """A keeper that can be unreachable."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.is_down = False
        self.calls = 0

    def keep(self, lines: Sequence[tuple[str, str]]) -> None:
        self.calls += 1
        if self.is_down:
            raise TransientError("it is down")
        self.lines += lines


def test_a_line_is_read_as_it_was_kept() -> None:
    line = line_of("1-0", text_of(EVENT))
    assert (line.position, line.level, line.event, line.details) == ("1-0", "info", "began", {"what": "stage plan"})
    assert line.at == datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["no JSON", "[1]", "[" * 5_000, '{"timestamp": "tomorrow", "event": 7}', '{"timestamp": "2026-06-30T12:00:00"}'],
)
def test_what_someone_else_wrote_there_is_a_line_without_a_time(text: str) -> None:
    assert line_of("1-0", text).at is None


def test_a_line_that_is_too_long_keeps_its_beginning() -> None:
    text = text_of({**EVENT, "exception": "x" * 100_000, "why": "y" * 3_000})
    assert len(text) <= LONGEST_LINE
    line = line_of("1-0", text)
    assert line.event == "began"
    assert str(line.details["exception"]).endswith("… (cut off)")
    assert line_of("1-0", text_of({f"k{n}": "v" * 90 for n in range(90)})).event == LEFT_OUT


@pytest.mark.parametrize(
    ("value", "shown"),
    [("caf\udce9", "caf?"), (float("nan"), "NaN"), (float("-inf"), "-Infinity"), ("\U0001f600", "\U0001f600")],
)
def test_what_has_no_place_in_a_reply_is_replaced(value: object, shown: str) -> None:
    for text in (text_of({**EVENT, "what": value}), json.dumps({**EVENT, "what": value})):
        assert line_of("1-0", text).details["what"] == shown
        assert text_of({**EVENT, "what": value}).encode()


@pytest.mark.parametrize("given", ["", "a", "1-", "1-2-3", "-1", "1" * 20, "1\n", "$"])
def test_a_position_that_no_line_has_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="is not the position of a log line"):
        position_of(given)


def test_of_many_lines_of_a_job_the_newest_are_kept() -> None:
    lines = [("a", str(n)) for n in range(MOST_LINES + 3)] + [("b", "one")]
    assert dict(shortened(lines)) == {"a": [str(n) for n in range(3, MOST_LINES + 3)], "b": ["one"]}


def line(event: str = "began", *, job: str = "j", severe: bool = False) -> JobLine:
    return JobLine(job, event, severe, lambda: {**EVENT, "event": event, "job_id": job})


def events(kept: Kept) -> list[tuple[str, str]]:
    return [(job, json.loads(text)["event"]) for job, text in kept.lines]


@pytest.mark.slow
def test_the_lines_of_a_job_that_lasts_are_handed_on_from_the_first_on() -> None:
    kept = Kept()
    sender = JobLogSender(lambda: kept)
    sender.take(line("began"))
    sender.take(line("read"))
    until(lambda: events(kept) == [("j", "began"), ("j", "read")], within=5)
    sender.take(line(ENDED))
    until(lambda: events(kept)[2:] == [("j", ENDED)], within=5)


@pytest.mark.slow
def test_a_job_that_ends_at_once_leaves_no_lines_unless_it_warned() -> None:
    kept, finished = Kept(), []
    sender = JobLogSender(lambda: kept)
    sender.take(JobLine("quick", "began", severe=False, told=lambda: finished.append("quick") or EVENT))
    sender.take(line(ENDED, job="quick"))
    sender.take(line("began", job="odd"))
    sender.take(line("went wrong", job="odd", severe=True))
    sender.take(line(ENDED, job="odd"))
    sender.take(line("began", job="slow"))
    until(lambda: ("slow", "began") in events(kept), within=5)
    assert events(kept) == [("odd", "began"), ("odd", "went wrong"), ("odd", ENDED), ("slow", "began")]
    assert finished == []


@pytest.mark.slow
def test_what_cannot_be_handed_on_is_counted_in_the_log_of_its_job_and_never_waited_for() -> None:
    kept = Kept()
    kept.is_down = True
    sender = JobLogSender(lambda: kept)
    for _ in range(MOST_WAITING + 5):
        sender.take(line(severe=True))
    until(lambda: kept.calls, within=5)
    kept.is_down = False

    def told() -> int:
        sender.take(line("again"))
        return sum(json.loads(text).get("lines", 0) for _, text in kept.lines)

    assert until(told, within=10) >= MOST_WAITING + 5


class Held(Kept):
    """A keeper that takes its first batch only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()

    def keep(self, lines: Sequence[tuple[str, str]]) -> None:
        super().keep(lines)
        self.may.wait(10)


@pytest.mark.slow
def test_no_more_lines_wait_than_are_allowed_and_the_others_are_counted() -> None:
    kept = Held()
    sender = JobLogSender(lambda: kept)
    sender.take(line("first", severe=True))
    until(lambda: kept.calls == 1, within=5)
    for _ in range(MOST_WAITING + 5):
        sender.take(line(severe=True))
    kept.may.set()
    until(lambda: len(kept.lines) > 1, within=5)
    told, *others = kept.lines[1:]
    assert (json.loads(told[1])["lines"], len(others)) == (5, MOST_WAITING)


class Odd:
    """A value whose text cannot be had."""

    def __str__(self) -> str:
        raise LookupError("it is gone")


@pytest.mark.slow
def test_a_line_that_cannot_be_written_does_not_keep_the_others_back() -> None:
    kept = Kept()
    sender = JobLogSender(lambda: kept)
    sender.take(line("before", severe=True))
    sender.take(JobLine("j", "odd", severe=True, told=lambda: {"event": "odd", "value": Odd()}))
    sender.take(line("after"))
    until(lambda: len(kept.lines) == 3, within=5)
    assert events(kept) == [("j", "before"), ("j", "odd"), ("j", "after")]
    assert json.loads(kept.lines[1][1])["unreadable"] == "LookupError"


@pytest.mark.slow
def test_lines_are_handed_on_again_after_an_error_that_no_one_expected_and_it_is_logged_once() -> None:
    kept, opened = Kept(), iter([LookupError("a"), ValueError("b")])

    def keeper() -> Kept:
        if (error := next(opened, None)) is not None:
            raise error
        return kept

    sender = JobLogSender(keeper)
    with capture_logs() as logged:
        until(lambda: sender.take(line(severe=True)) or kept.lines, within=10)
    assert [one["event"] for one in logged] == ["job_log_broke"]
    assert json.loads(kept.lines[0][1])["event"] == LEFT_OUT


@pytest.mark.slow
def test_a_forked_child_has_a_thread_of_its_own() -> None:
    kept = Kept()
    sender = JobLogSender(lambda: kept)
    sender.take(line(severe=True))
    until(lambda: kept.lines, within=5)
    child = os.fork()
    if not child:
        try:
            sender.take(line("child", severe=True))
            until(lambda: json.loads(kept.lines[-1][1])["event"] == "child", within=5)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
