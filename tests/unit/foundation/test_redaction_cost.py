"""Redaction takes time proportional to the text, and remembers what it has searched."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation import redaction, secret_shapes
from grace_workers.foundation.redaction import starred
from tests.unit.foundation.planted import _PIECES, BARE, PLANTED

HOSTILE = [
    *("password=", 'password="', "password='a", "a=a=", "\\", "a", "a:", "://", "a://b:c@", "a://b@", "@", "a:b@"),
    *("-----BEGIN PRIVATE KEY-----", "eyJaaaaa.", "AKIA", "--password ", "-p ", "-u a:", "<a>", "<password>", "('a',"),
    *("password is ", "name:a value:", "key ", "password:|\n ", " ", "\n", "Bearer a", "\\u0070", "%70", "&#112;"),
    *("YTpiYmI6", "YTpiYmIg ", "\u200b", 'cookie: ="', "password=,", "password=[", "password={", "Cookie: \\"),
    *("password=a,b;", '"', 'password=\\"', "A1a/", "x.-$", "password\n: ", "a]", "sk-", "1234567890:AA", "%22"),
]


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
def test_the_cost_is_in_proportion_to_the_text(piece):
    short, long = piece * (8_000 // len(piece)), piece * (80_000 // len(piece))
    starred(short)

    def cost(text: str) -> float:
        began = time.process_time()
        starred(text)
        return time.process_time() - began

    # Ten times the text takes ten times as long; a quadratic rule would take a hundred times.
    assert min(cost(long) for _ in range(2)) < 40 * max(min(cost(short) for _ in range(3)), 0.002)


@given(st.from_regex(redaction._PLAIN, fullmatch=True))
def test_a_text_that_redaction_skips_contains_no_secret(text: str) -> None:
    assert starred(text) == redaction._read(text) == text


@given(st.lists(_PIECES | st.sampled_from([*HOSTILE, *BARE, PLANTED]), max_size=12).map("".join))
def test_what_is_remembered_of_a_text_changes_nothing_of_what_becomes_of_it(text: str) -> None:
    once = redaction._read(text)
    assert starred(text) == starred(text) == once
    assert starred(once) == starred(once) == redaction._read(once)


@pytest.mark.slow
def test_only_texts_without_secrets_are_remembered_and_not_without_limit() -> None:
    for number in range(3 * redaction._MOST_CLEAN):
        starred(f"login {number}: password={PLANTED}{number}")
    assert len(redaction._CLEAN) <= redaction._MOST_CLEAN
    # Other tests of this process may have left texts in which nothing was found.
    assert not [text for text in redaction._CLEAN if text.startswith("login ") and PLANTED in text]


@given(
    st.lists(_PIECES | st.sampled_from([*BARE, *secret_shapes._BEGINNINGS]) | st.text("aZ0+/=_.:- ", max_size=14)).map(
        "".join
    )
)
def test_without_a_long_run_there_is_neither_a_token_nor_base64(text: str) -> None:
    if not secret_shapes._LONG_RUN.search(text):
        rules = (secret_shapes._TOKENS, secret_shapes._FORTY, secret_shapes._BASE64)
        assert [rule.pattern for rule in rules if rule.search(text)] == []
