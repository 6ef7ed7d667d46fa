"""A patch that decides by the tests' own values is refused, however it is written."""

import pytest

from grace_workers.coding.engines.repair.memorised import constants, decides_by_heart, mentions

BEFORE = "def pairs(text):\n    return {}\n"
TESTS = constants("assert pairs(\"tea=3\") == {'tea': '3'}\nassert rate(0.25, 17) == 1")


@pytest.mark.parametrize(
    "body",
    [
        'return {1: 1} if text == "tea=3" else {}',
        "return {'tea=3': {}}[text]",
        "match text:\n        case 'tea=3':\n            return 1",
        "return 1 if text in ('a', 'tea=3') else 2",
        "return {} if text.startswith('tea=3') else 1",
        "return 5 if rate == 0.25 else 1",
        "return 5 if rate >= 17.0 else 1",
        'return 5 if ["tea=3"].count(text) else 1',
    ],
)
def test_a_decision_by_a_value_of_the_tests_is_recognised(body: str) -> None:
    assert decides_by_heart(BEFORE, f"def pairs(text):\n    {body}\n", TESTS)


@pytest.mark.parametrize(
    "body",
    [
        "return dict(one.split('=', 1) for one in text.split(';') if one)",
        "return 0 if text == '' else 1",
        "return text or 'tea'",
        "return text + 17",
    ],
)
def test_other_values_and_other_places_are_free(body: str) -> None:
    assert not decides_by_heart(BEFORE, f"def pairs(text):\n    {body}\n", TESTS)


def test_a_value_that_the_code_had_before_is_free() -> None:
    had = "def pairs(text):\n    return {'tea=3': 1}\n"
    assert not decides_by_heart(had, "def pairs(text):\n    return 2 if text == 'tea=3' else 1\n", TESTS)


@pytest.mark.parametrize("text", ["== 'tea=3'", '!= "tea=3":', "in (1, 17.0)", "elif rate == .25 or x == 0.25:"])
def test_a_piece_of_source_mentions_a_value_whatever_the_quotes(text: str) -> None:
    assert mentions(text, TESTS)


@pytest.mark.parametrize("text", ["== 'coffee'", "in (0, 1, 2)", "elif n == 'it''s'", "x = 08"])
def test_a_piece_of_source_with_other_values_mentions_none(text: str) -> None:
    assert not mentions(text, TESTS)
