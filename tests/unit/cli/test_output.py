import pytest

from grace_workers.entrypoints.cli.output import pairs, span
from grace_workers.entrypoints.cli.program import exit_code_of
from grace_workers.foundation.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
    PermanentError,
    TransientError,
)


def test_a_value_that_is_json_counts_as_such_and_anything_else_as_text():
    given = ["count=3", "on=true", "table=orders", "query=a=b", "empty="]
    assert pairs(given, "param") == {"count": 3, "on": True, "table": "orders", "query": "a=b", "empty": ""}


@pytest.mark.parametrize("items", [["nothing"], ["=3"], ["a=1", "a=2"]])
def test_an_item_without_key_or_given_twice_is_refused(items):
    with pytest.raises(InputError):
        pairs(items, "param")


def test_short_spans_are_milliseconds_and_long_ones_seconds():
    assert (span(0.0421), span(2.5), span(None)) == ("42 ms", "2.50 s", "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError, 2),
        (NotFoundError, 2),
        (ConflictError, 2),
        (TransientError, 3),
        (PermanentError, 1),
        (IntegrityError, 1),
    ],
)
def test_every_error_has_its_exit_code(error, code):
    assert exit_code_of(error("x")) == code
