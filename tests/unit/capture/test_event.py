import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grace_workers.entrypoints.capture.event import CapturedEvent, encode, scrub
from grace_workers.signals import plain_signals


@pytest.mark.parametrize(
    "text",
    [
        "password=s3cr3t",
        "PASSWORD: s3cr3t",
        'db_password="s3cr3t and more"',
        "{'api_key': 's3cr3t'}",
        '{"access-key-id": "s3cr3t"}',
        "Authorization: Bearer s3cr3t-s3cr3t",
        "Authorization: Basic s3cr3ts3cr3t==",
        "sent Bearer s3cr3t.s3cr3t",
        "postgresql://bob:s3cr3t@db:5432/shop",
        "redis://:s3cr3t@cache/0",
        "token=s3cr3t&next=1",
        "Cookie: s3cr3t",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    assert "s3cr3t" not in scrub(f"before {text} after")


@pytest.mark.parametrize(
    "text", ["order 7 failed", "http://host:80/path?x=1", "the token ring", "mail bob@example.org"]
)
def test_a_value_that_is_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


@example("\x00", "", "")
@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=50))
def test_any_log_record_becomes_a_signal_that_is_accepted(name: str, message: str, raised: str) -> None:
    event = CapturedEvent(f"n{name}", "error", message, time.time(), (("/srv/a.py", 1, "f"),) if raised else (), raised)
    assert len(plain_signals(json.loads(encode(event, key="k", target="shop")), datetime.now(UTC))) == 1


@pytest.mark.parametrize("text", ["a" * 16_000, "password=" * 1_700, "://" * 5_000, "token " * 2_600, "://a:" * 3_000])
def test_a_hostile_text_is_scrubbed_quickly(text: str) -> None:
    started = time.process_time()
    scrub(text)
    assert time.process_time() - started < 0.5


def test_a_long_event_keeps_its_end_with_the_exception() -> None:
    frames = tuple((f"/srv/{'x' * 500}.py", line, "f") for line in range(50))
    signal = json.loads(encode(CapturedEvent("n", "error", "m", 0.0, frames, "ValueError: last"), key="k", target=None))
    assert len(signal["text"]) < 20_000
    assert signal["text"].endswith("ValueError: last")
