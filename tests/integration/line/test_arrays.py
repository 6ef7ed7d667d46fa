"""Lists arrive in PostgreSQL as they were given, whatever is in them."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grace_workers.adapters.postgres.arrays import write_arrays

pytestmark = pytest.mark.servers

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@pytest.fixture(scope="module")
def connection(postgres_server):
    with psycopg.connect(postgres_server.url.replace("+psycopg", "")) as made:
        write_arrays(made)
        yield made


def returned(connection, items, kind):
    return connection.execute(f"SELECT %s::{kind}[]", [items]).fetchone()[0]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(st.none() | TEXT | st.sampled_from(["NULL", "null", "", '"', "\\", "{a,b}", " x ", '\\"'])))
def test_texts_arrive_as_they_were_given(connection, items):
    assert returned(connection, items, "text") == items


@pytest.mark.parametrize(
    ("kind", "items"),
    [
        ("uuid", [UUID(int=1), None, UUID(int=2)]),
        ("timestamptz", [datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), None]),
        ("bytea", [b"\\x00", b'"\\\x00\xff', None]),
        ("boolean", [True, False, None]),
        ("float8", [1.5, -2.0, float("inf")]),
        ("bigint", [1, None, -(2**40)]),
        ("text", []),
        ("text", [None, None]),
        ("text", [["a", 'b"'], [None, "\\"]]),
    ],
)
def test_other_values_arrive_as_they_were_given(connection, kind, items):
    assert returned(connection, items, kind) == items
