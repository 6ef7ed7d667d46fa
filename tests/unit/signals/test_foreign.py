from datetime import UTC, datetime
from typing import Any

import pytest

from grace_workers.signals.foreign import items, moment, pruned, table, word
from grace_workers.signals.limits import check_body

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_what_is_missing_or_of_another_type_is_empty() -> None:
    body: Any = {"a": {"b": [1], "c": "x", "d": True, "e": 7}}
    assert (table(body, "a", "c"), items(body, "a"), word(body, "a", "b")) == ({}, (), "")
    assert (items(body, "a", "b"), word(body, "a", "c"), word(body, "a", "d"), word(body, "a", "e")) == (
        [1],
        "x",
        "",
        "7",
    )
    assert word(7, "a") == ""


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2026-11-21T07:00:00Z", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("2027-01-01T00:00:00Z", NOW),
        (1795242781, datetime(2026, 11, 21, 6, 33, 1, tzinfo=UTC)),
        (1795242781000, datetime(2026, 11, 21, 6, 33, 1, tzinfo=UTC)),
        (float("inf"), None),
        (-1, None),
        (10**17, None),
        (True, None),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_senders_time_is_none_where_it_is_none(given: Any, read: datetime | None) -> None:
    assert moment(given, NOW) == read


def test_what_is_pruned_can_be_stored() -> None:
    deep: Any = "x\x00" * 5_000
    for _ in range(40):
        deep = {"down": deep, "list": list(range(100)), "big": 2**60, "nan": float("nan"), "lone": "\ud800"}
    check_body(pruned(deep), "attributes")
    assert pruned({"a": [1, None, True, "x"]}) == {"a": [1, None, True, "x"]}
