"""Params that are spans of time: written as in playbooks, or in ISO 8601, or in seconds."""

from datetime import timedelta
from typing import Any

import pytest

from grace_workers.actions import Span
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError


class Given(Document):
    """One span."""

    span: Span


@pytest.mark.parametrize("written", ["90s", "1m30s", "PT1M30S", 90, 90.0, "90000ms"])
def test_a_span_is_read_in_every_form(written: Any) -> None:
    assert Given.read({"span": written}, "it").span == timedelta(seconds=90)


@pytest.mark.parametrize("span", [timedelta(0), timedelta(milliseconds=1500), timedelta(days=400, seconds=1)])
def test_a_span_is_stored_as_it_is_written_and_read_again(span: timedelta) -> None:
    stored = Given(span=span).model_dump(mode="json")
    assert Given.read(stored, "it").span == span


def test_the_span_of_a_minute_and_a_half_is_stored_as_people_write_it() -> None:
    assert Given.read({"span": 90}, "it").model_dump(mode="json") == {"span": "1m30s"}


@pytest.mark.parametrize("written", ["", "s", "10", "-5s", "10 s", -1, "9999d", "1" * 50 + "s", None])
def test_what_is_no_span_is_refused(written: Any) -> None:
    with pytest.raises(InputError, match="span"):
        Given.read({"span": written}, "it")
