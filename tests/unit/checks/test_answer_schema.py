import json

import pytest

from grace_workers.checks.answer_schema import DEFINITION, AnswerSchemaParams, probe, schema_of
from grace_workers.foundation.errors import PermanentError
from grace_workers.testing import MemoryProbe

ORDER = {"id": 7, "paid": True, "lines": [{"name": "tea", "price": 2.5}], "note": None}
METRICS = b"""# HELP orders_total Orders.
# TYPE orders_total counter
orders_total{shop="north",kind="web"} 12
orders_total{kind="app",shop="south"} 3 1700000000
up 1
"""


def fields(value: object) -> frozenset[str]:
    return schema_of(json.dumps(value).encode())


def test_the_schema_of_json_is_its_paths_and_types() -> None:
    assert fields(ORDER) == {
        " object", ".id number", ".paid boolean", ".lines list", ".lines[] object", ".lines[].name text",
        ".lines[].price number",
    }  # fmt: skip


def test_values_lengths_and_nulls_change_nothing() -> None:
    other = {**ORDER, "id": 8.5, "lines": [{"name": "milk", "price": 1}, {"name": "tea", "price": 3}]}
    assert fields(other) == fields(ORDER)


@pytest.mark.parametrize(
    "change", [{"id": "7"}, {"total": 3}, {"lines": [{"name": "tea"}]}, {"paid": "yes"}, {"lines": {"tea": 1}}]
)
def test_a_field_of_another_type_and_one_more_or_less_change_it(change: dict[str, object]) -> None:
    assert fields({**ORDER, **change}) != fields(ORDER)


def test_the_schema_of_metrics_is_their_names_and_labels() -> None:
    assert schema_of(METRICS) == {"orders_total kind shop", "up "}


@pytest.mark.parametrize("body", [b"<html>no</html>", b"\xff\xfe", b"hello world and more"])
def test_an_answer_of_another_kind_is_refused(body: bytes) -> None:
    with pytest.raises(PermanentError, match="JSON"):
        schema_of(body)


def test_a_deep_answer_is_read_so_far() -> None:
    assert len(schema_of(b"[" * 500 + b"1" + b"]" * 500)) <= 13
    with pytest.raises(PermanentError):
        schema_of(b"[" * 200_000)


def test_the_number_is_exact_and_the_same_every_time() -> None:
    first, second = (probe(MemoryProbe(body=METRICS), AnswerSchemaParams(path="/metrics")) for _ in range(2))
    assert first == second == int(first) < 2**48


def test_only_a_path_that_a_label_names_is_read() -> None:
    assert DEFINITION.from_labels({}) == []
    assert DEFINITION.from_labels({"schema_path": "/metrics"}) == [{"path": "/metrics"}]
