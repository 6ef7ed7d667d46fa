"""What every source must satisfy. A new one joins by its file; `signed` in its own test shows how its senders sign."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, SignatureError, Source, check_body, sources

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SOURCES = discover(sources, Source, label="source")
SECRET = "a-signing-secret"
GARBAGE = [b"", b"\x00\x01\x02", b"\xff" * 50, b"<html></html>", b"{", b"[" * 100_000, b"null", b"7", b'"text"']
TESTS = Path(__file__).parents[1] / "unit" / "signals" / "sources"

each_source = pytest.mark.parametrize("source", SOURCES, ids=SOURCES.names)
each_signing = pytest.mark.parametrize(
    "source", [pytest.param(one, id=one.name) for one in SOURCES if one.verify is not None]
)


def example(source: Source) -> Delivery:
    return source.example.delivered(NOW)


def signed(source: Source, delivery: Delivery, at: datetime = NOW) -> Delivery:
    sign: Callable[[Delivery, str, datetime], Delivery]
    sign = import_module(f"tests.unit.signals.sources.test_{source.name}").signed
    return sign(delivery, SECRET, at)


def verify(source: Source, delivery: Delivery, secret: str = SECRET) -> None:
    assert source.verify is not None
    source.verify(delivery, secret, NOW)


@each_source
def test_its_example_is_read(source: Source) -> None:
    parsed = source.parse(example(source))
    assert parsed.signals
    assert not parsed.left_out
    for signal in parsed.signals:
        assert signal.name
        assert signal.summary
        assert signal.signature
        assert signal.delivery_key
        assert signal.observed_at == NOW
        check_body(json.loads(json.dumps([dict(signal.labels), dict(signal.attributes), signal.text])), source.name)


@each_source
def test_the_same_delivery_once_more_is_known_as_the_same(source: Source) -> None:
    first, again = (source.parse(example(source)).signals for _ in range(2))
    assert [one.delivery_key for one in first] == [one.delivery_key for one in again]
    assert [one.signature for one in first] == [one.signature for one in again]


@each_source
def test_its_example_has_a_type_that_it_takes(source: Source) -> None:
    assert source.takes(source.example.content_type)
    assert not source.takes("text/html")
    assert source.serves(source.example.path)
    assert not source.serves("no/such/path")


@each_source
@pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body[:12]))
def test_garbage_is_refused_with_a_sentence(source: Source, body: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        source.parse(replace(example(source), body=body))
    assert len(str(refusal.value)) in range(10, 1_000)


@each_source
def test_half_of_an_example_is_no_more_than_the_whole(source: Source) -> None:
    whole = example(source)
    for cut in (len(whole.body) // 3, len(whole.body) // 2, len(whole.body) - 1):
        with contextlib.suppress(InputError):
            parsed = source.parse(replace(whole, body=whole.body[:cut]))
            assert len(parsed.signals) <= len(source.parse(whole).signals)


@each_source
@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 40))
def test_any_bytes_are_signals_or_an_input_error(source: Source, noise: bytes, begin: int, length: int) -> None:
    body = source.example.body
    begin = min(begin, len(body))
    with contextlib.suppress(InputError):
        parsed = source.parse(replace(example(source), body=body[:begin] + noise + body[begin + length :]))
        assert all(one.delivery_key for one in parsed.signals)


@each_source
def test_among_its_family_only_it_takes_its_example(source: Source) -> None:
    family = [one for one in SOURCES if source.family and one.family == source.family]
    assert all(one.fits is not None for one in family)
    assert [one.name for one in family if one.fits and one.fits(example(source))] == [source.name][: len(family)]


@each_source
def test_its_page_shows_the_address_and_how_to_send_a_token(source: Source) -> None:
    path = "/api/v1/signals" if source.name == "plain" else f"/api/v1/signals/{source.name}"
    assert path in source.client.text
    assert "token" in source.client.text.lower()


@each_signing
def test_a_signature_of_now_holds(source: Source) -> None:
    verify(source, signed(source, example(source)))
    verify(source, signed(source, example(source), NOW - timedelta(minutes=4)))


@each_signing
def test_without_its_signature_with_another_or_over_another_body_a_delivery_is_refused(source: Source) -> None:
    right = signed(source, example(source))
    wrong = [
        replace(right, headers=source.example.headers),
        replace(right, body=right.body + b" "),
        replace(right, headers={name: value[:-1] + "0" for name, value in right.headers.items()}),
        replace(right, headers=dict.fromkeys(right.headers, "")),
        replace(right, headers=dict.fromkeys(right.headers, "ü")),
    ]
    for delivery in wrong:
        with pytest.raises(SignatureError):
            verify(source, delivery)
    with pytest.raises(SignatureError):
        verify(source, right, "another secret")


@pytest.mark.parametrize(
    "source", [pytest.param(one, id=one.name) for one in SOURCES if one.verify is not None and one.signs_time]
)
def test_a_recorded_delivery_cannot_be_sent_again_after_five_minutes(source: Source) -> None:
    for away in (timedelta(minutes=6), timedelta(minutes=-6)):
        with pytest.raises(SignatureError):
            verify(source, signed(source, example(source), NOW - away))
