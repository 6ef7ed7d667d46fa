import time

import pytest

from grace_workers.entrypoints.follow.grouping import MOST_LINES, Grouping
from grace_workers.entrypoints.follow.log_file import LogLine

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


def events(text: str | bytes) -> list[str]:
    raw = text if isinstance(text, bytes) else text.encode()
    lines, at = [], 0
    for line in raw.split(b"\n"):
        lines.append(LogLine(line, at, at + len(line) + 1))
        at += len(line) + 1
    grouping = Grouping()
    return [one.text for one in [*grouping.events(lines), *grouping.flush()]]


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
