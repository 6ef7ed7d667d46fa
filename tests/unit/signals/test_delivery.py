from datetime import UTC, datetime

import pytest

from grace_workers.signals import Delivery, UnreadableError

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def of(body: bytes) -> Delivery:
    return Delivery(body=body, received_at=NOW)


def test_what_is_odd_in_one_place_is_no_reason_to_lose_the_rest() -> None:
    read = of(b'\xef\xbb\xbf{"a": NaN, "b": 99999999999999999999, "c": "\xff", "c": "x"}').json
    assert read == {"a": None, "b": None, "c": "x"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "cannot be read as JSON"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": 1, "a": 2}', "duplicate key 'a'"),
        (b'"\xff"', "not UTF-8"),
        (b"[" * 100_000, "too deeply|cannot be read"),
        (b"[" + b"0," * 480_000 + b"0]", "more than 200000 values"),
    ],
)
def test_strict_json_says_what_is_wrong(body: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        assert of(body).strict_json


def test_a_form_gives_its_fields_and_of_two_the_first() -> None:
    assert of(b"a=1&b=two+words&a=3&empty=").form == {"a": "1", "b": "two words", "empty": ""}


@pytest.mark.parametrize("body", [b"a=\xff\xfe", b"&".join(b"a=1" for _ in range(1_001))])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError, match="as a form"):
        assert of(body).form
