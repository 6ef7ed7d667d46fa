import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, Severity, SignalStatus, plain_signals
from grace_workers.signals.sources import plain

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def one(**fields: Any) -> Any:
    return plain_signals({"name": "checkout slow", **fields}, NOW)[0]


def test_a_name_is_enough() -> None:
    signal = one()
    assert (signal.name, signal.summary, signal.target) == ("checkout slow", "checkout slow", None)
    assert (signal.severity, signal.status, signal.observed_at) == (Severity.ERROR, SignalStatus.FIRING, NOW)


def test_one_signal_a_list_and_an_envelope_are_all_taken() -> None:
    assert len(plain_signals({"name": "a"}, NOW)) == 1
    assert [signal.name for signal in plain_signals([{"name": "a"}, {"name": "b"}], NOW)] == ["a", "b"]
    assert [signal.name for signal in plain_signals({"signals": [{"name": "a"}, {"name": "b"}]}, NOW)] == ["a", "b"]
    assert plain_signals([], NOW) == []


def test_the_target_may_be_named_by_a_label() -> None:
    assert one(labels={"service": "shop"}).target == "shop"
    assert one(target="db", labels={"service": "shop"}).target == "db"


def test_the_same_key_and_status_is_the_same_delivery() -> None:
    assert one(key="k").delivery_key == one(key="k", summary="other").delivery_key
    assert one(key="k").delivery_key != one(key="k", status="resolved").delivery_key


def test_without_key_the_same_content_at_the_same_moment_is_the_same_delivery() -> None:
    moment = "2026-11-21T07:00:00Z"
    assert one(observed_at=moment).delivery_key == one(observed_at=moment).delivery_key
    assert one(observed_at=moment).delivery_key != one(observed_at=moment, summary="x").delivery_key


def test_without_key_and_moment_every_delivery_is_a_new_observation() -> None:
    assert one().delivery_key != one().delivery_key


def test_only_labels_named_as_identity_distinguish_conditions() -> None:
    assert one(labels={"disk": "a"}).signature == one(labels={"disk": "b"}).signature
    told_apart = {"identity": ["disk"]}
    assert one(labels={"disk": "a"}, **told_apart).signature != one(labels={"disk": "b"}, **told_apart).signature


def test_a_moment_in_the_future_counts_as_now() -> None:
    assert one(observed_at=(NOW + timedelta(days=1)).isoformat()).observed_at == NOW


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "a", "servity": "error"}, "servity"),
        ({"name": ""}, "name"),
        ({"target": "a"}, "name"),
        ({"name": 7}, "name"),
        ({"name": "a", "severity": "purple"}, "severity"),
        ({"name": "a", "labels": {"x": 1}}, "labels"),
        ({"name": "a", "identity": ["disk"]}, "disk"),
        ({"signals": {"name": "a"}}, "list"),
        ([{"name": "a"}, {"name": "b", "nope": 1}], "signal 2: nope"),
        ([{"name": "a"}] * 1001, "1001 signals"),
        ({"name": "a\x00"}, r"U\+0000"),
        ({"name": "a", "observed_at": "0001-01-01T00:00:00Z"}, "year 1"),
        ({"name": "a", "attributes": {"x": float("inf")}}, "finite"),
        (None, "signal"),
        ("text", "signal"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence_that_names_it(body: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plain_signals(body, NOW)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["name", "target", "labels", "text", "key", "x", "observed_at"]), inner)
        ),
        max_leaves=20,
    )
)
def test_any_json_is_either_signals_or_an_input_error(body: Any) -> None:
    with contextlib.suppress(InputError):
        assert all(signal.delivery_key for signal in plain_signals(body, NOW))


def test_a_delivery_is_read_strictly() -> None:
    [signal] = plain.parse(Delivery(body=b'{"name": "a"}', received_at=NOW)).signals
    assert (signal.source, signal.name) == ("plain", "a")
    with pytest.raises(InputError, match="duplicate key 'name'"):
        plain.parse(Delivery(body=b'{"name": "a", "name": "b"}', received_at=NOW))
