import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.actions import matcher


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.log", "a.log", True),
        ("*.log", "d/a.log", False),
        ("**/*.log", "a.log", True),
        ("**/*.log", "d/e/a.log", True),
        ("d/**", "d/e/a.log", True),
        ("d/**", "e/a.log", False),
        ("**", "any/thing", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("app.log.[0-9]", "app.log.7", True),
        ("app.log.?", "app.log.77", False),
        ("A.log", "a.log", False),
    ],
)
def test_a_glob_matches_as_documented(pattern: str, path: str, expected: bool) -> None:
    assert expected is matcher([pattern])(path)


def test_any_of_several_patterns_will_do() -> None:
    assert matcher(["*.a", "*.b"])("x.b")


@pytest.mark.timeout(20)
def test_a_hostile_pattern_does_not_keep_us_busy() -> None:
    assert not matcher(["/".join(["**", "a*a*a*a*b"] * 30)])("/".join(["a" * 60] * 60))


@given(
    st.lists(st.sampled_from(["a", "b", "*", "**"]), min_size=1, max_size=5),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=5),
)
def test_it_agrees_with_a_regular_expression(glob: list[str], parts: list[str]) -> None:
    words = {"*": "[^/]+/", "**": "([^/]+/)*"}
    expression = "".join(words.get(part, f"{part}/") for part in glob)
    path = "/".join(parts)
    assert bool(re.fullmatch(expression, path + "/")) is matcher(["/".join(glob)])(path)
