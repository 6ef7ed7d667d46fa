import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.entrypoints.follow.grouping import MOST_LINES, Grouping, LogEvent
from grace_workers.entrypoints.follow.log_file import LogBlock, LogLine

TRACEBACK = """ERROR shop order failed
Traceback (most recent call last):
  File "/srv/shop/pay.py", line 7, in charge
    return 10 / n
ZeroDivisionError: division by zero

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/shop/pay.py", line 9, in pay
    raise RuntimeError
RuntimeError: no payment"""
JAVA = """2026-11-21 ERROR Shop - failed
java.lang.IllegalStateException: no stock
\tat shop.Cart.add(Cart.java:12)
Caused by: java.io.IOException: closed
\t... 3 more"""


LINES = st.sampled_from(
    [
        *(
            "",
            "INFO all is well",
            "errors=0",
            "ERROR no stock",
            "WARN after ERROR",
            "E1121 08:00 main.go:1] no",
            "e1 x",
        ),
        *("  at x", "level=Fatal", "panic: no", "terror", "Caused by: it", "KeyError: 'x'", "x" * 300 + " ERROR"),
        *("x CRITICAL y", "severe x", "PANIC", "an emerg", "<Alert>", "fatal error: x", "e12345 ", "goroutine 1 [a]:"),
        *("Traceback (most recent call last):", "Exception in thread main", "INFO error page", "\x00\xff"),
    ]
)


def of_lines(raw: bytes) -> list[LogEvent]:
    lines, at = [], 0
    for line in raw.split(b"\n"):
        lines.append(LogLine(line, at, at + len(line) + 1))
        at += len(line) + 1
    grouping = Grouping()
    return [*grouping.events(lines), *grouping.flush()]


def events(text: str | bytes) -> list[str]:
    return [one.text for one in of_lines(text if isinstance(text, bytes) else text.encode())]


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        ("2026-11-21 08:00:00 ERROR shop.pay no stock", True),
        ("INFO error page was shown", False),
        ("WARN retrying after ERROR", False),
        ('{"level": "error", "msg": "no"}', True),
        ("level=fatal msg=no", True),
        ("E1121 08:00:00.1 main.go:1] no", True),
        ("panic: runtime error", True),
        ("all is well", False),
        ("mirrored terrors", False),
    ],
)
def test_a_line_reports_an_error_by_its_level(line: str, tells: bool) -> None:
    assert events(f"{line}\nINFO next") == ([line] if tells else [])


def test_a_traceback_with_its_causes_is_one_event() -> None:
    assert events(f"INFO before\n{TRACEBACK}\nINFO after\n{TRACEBACK}") == [TRACEBACK, TRACEBACK]


def test_a_java_trace_hangs_together_from_its_first_indented_line() -> None:
    found = events(f"{JAVA}\nINFO after")
    assert found[0].startswith("2026-11-21 ERROR Shop")
    assert len(found) == 1


@given(st.lists(LINES, min_size=1, max_size=12), st.integers(0, 12))
def test_lines_that_are_passed_over_tell_of_nothing(lines: list[str], cut: int) -> None:
    parts = [b"".join(line.encode() + b"\n" for line in some) for some in (lines[:cut], lines[cut:])]
    blocks = [LogBlock(parts[0], 0), LogBlock(parts[1], len(parts[0]))]
    grouping = Grouping()
    assert [*grouping.events_in(blocks), *grouping.flush()] == of_lines("\n".join(lines).encode())


def test_two_errors_in_a_row_are_two() -> None:
    assert events("ERROR one\nERROR two") == ["ERROR one", "ERROR two"]


def test_an_endless_trace_is_cut() -> None:
    found = events("ERROR one\n" + "\n".join("  at x" for _ in range(3 * MOST_LINES)))
    assert found[0].count("\n") < MOST_LINES


@pytest.mark.parametrize(
    "line",
    [
        b"x" * 1_000_000,
        b"\x1b[31mERROR\x1b[0m red",
        b"\x00\xff ERROR \xfe",
        b"a" * 50_000 + b"!",
        b"(" * 50_000,
        b"." * 60_000,
    ],
    ids=["1 MB", "ANSI", "binary", "a!", "open", "dots"],
)
def test_a_hostile_line_costs_little(line: bytes) -> None:
    began = time.process_time()
    events(b"\n".join([line] * 20))
    assert time.process_time() - began < 1
