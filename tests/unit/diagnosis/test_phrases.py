"""Phrases in texts: borders of words, gaps, and texts that say that there is none of it, or that it is over."""

import time

import pytest

from grace_workers.diagnosis.phrases import longest

PHRASES = ["connection refused", "probe failed", "env var ... is not set", "table ... column ... is missing", "is down"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("env var db_dsn is not set", "env var ... is not set"),
        ("env var is not set", "env var ... is not set"),
        ("table a has no b: column c of it is missing", "table ... column ... is missing"),
        ("table a, column\nb is missing", None),
        ("column a of table b is missing", None),
        (f"env var {'x' * 90} is not set", None),
        ("subenv var a is not set", None),
        ("env vary: a is not settled", None),
        ("no env var a is not set", None),
        ("the host is down", "is down"),
        ("is downloading", None),
    ],
)
def test_a_gap_stands_for_what_a_program_puts_there_in_one_line(text: str, found: str | None) -> None:
    assert longest(PHRASES, text) == found


@pytest.mark.parametrize(
    ("rest", "over"),
    [
        ("(transient; recovered)", True),
        (": transient issue, retried successfully", True),
        ("and has been resolved since", True),
        ("twice, succeeded on the third try", True),
        ("; it has not recovered", False),
        (", which cannot be resolved", False),
        (": the name could not be resolved", False),
        (", has not been resolved", False),
        ("and is retried until recovered", False),
        ("\nrecovered", False),
        (f"{'x' * 200} recovered", False),
    ],
)
def test_what_the_line_says_to_be_over_says_nothing(rest: str, over: bool) -> None:
    assert (longest(PHRASES, f"probe failed {rest}") is None) is over


def test_a_hostile_text_costs_little() -> None:
    began = time.process_time()
    for text in ("env var " * 2_000, "probe failed recovered not " * 600, "table column " * 1_200):
        longest(PHRASES, text)
    assert time.process_time() - began < 1
