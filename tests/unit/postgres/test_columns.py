"""A frozen dataclass goes into a row and comes back unchanged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

import pytest

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import JobId, TargetName

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = JobId(UUID(int=7))


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    id: JobId
    at: datetime | None
    colour: Colour | None
    targets: tuple[TargetName, ...] | None
    parts: Sequence[Part]
    data: Mapping[str, JsonValue]
    result: JsonValue
    extra: str = ""


THING = Columns(Thing, "t", without={"extra"}, parts="coalesce(t.parts, '[]')")
ROW = (ID, AT, "red", ["web"], [{"name": "wheel"}], {"a": 1}, None, "beyond")
SAME = Thing(
    id=ID,
    at=AT,
    colour=Colour.RED,
    targets=(TargetName("web"),),
    parts=(Part(name="wheel"),),
    data={"a": 1},
    result=None,
    extra="given",
)


def test_as_text_it_is_what_a_select_lists():
    assert str(THING) == "t.id, t.at, t.colour, t.targets, coalesce(t.parts, '[]'), t.data, t.result"


def test_marks_cast_what_is_stored_as_json():
    marks = "%(id)s, %(at)s, %(colour)s, %(targets)s, %(parts)s, %(data)s::json, %(result)s::json"
    assert THING.marks == marks


def test_a_row_is_read_by_the_types_of_the_fields():
    assert THING.read(ROW, extra="given") == SAME
    assert isinstance(THING.read(ROW).colour, Colour)


def test_a_row_in_json_gives_the_same():
    assert THING.parse([str(ID), AT.isoformat(), *ROW[2:7]]) == THING.read(ROW)


def test_what_is_missing_stays_missing():
    found = THING.read((ID, None, None, None, [], {}, None))
    assert (found.at, found.colour, found.targets, found.parts) == (None, None, None, ())


def test_a_value_becomes_what_a_statement_stores():
    values = THING.values(SAME)
    assert (values["colour"], values["targets"], values["data"]) == ("red", ["web"], '{"a":1}')
    assert type(values["colour"]) is str
    assert values["result"] is None
    assert "extra" not in values


def test_rows_to_insert_come_as_columns_in_their_order():
    columns = Columns(Thing, without={"extra", "targets", "parts"})
    assert columns.rows(number_of="integer") == (
        "SELECT id, at, colour, data::json, result::json, number_of FROM unnest(%(id)s::uuid[], %(at)s::timestamptz[],"
        " %(colour)s::text[], %(data)s::text[], %(result)s::text[], %(number_of)s::integer[])"
        " WITH ORDINALITY AS r (id, at, colour, data, result, number_of, number) ORDER BY number"
    )


def test_a_field_without_a_form_as_a_column_is_refused():
    with pytest.raises(KeyError):
        THING.rows()
