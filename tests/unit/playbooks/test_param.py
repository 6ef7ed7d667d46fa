from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.errors import InputError
from grace_workers.playbooks import Param, parse_duration, spelled
from grace_workers.playbooks.param import fill, fit


def param(**content):
    return Param.read(content, "param")


@pytest.mark.parametrize(
    ("declared", "value", "words"),
    [
        ({"type": "integer"}, "3", "is not of type integer"),
        ({"type": "integer"}, True, "is not of type integer"),
        ({"type": "integer", "maximum": 5}, 6, "6 is above 5"),
        ({"type": "number", "minimum": 0}, -0.5, "-0.5 is below 0"),
        ({"type": "number"}, float("nan"), "nan is not of type number"),
        ({"type": "number"}, float("inf"), "inf is not of type number"),
        ({"type": "integer"}, 10**400, "is not of type integer"),
        ({"type": "boolean"}, 1, "is not of type boolean"),
        ({"type": "string"}, 1, "is not of type string"),
        ({"type": "string"}, "a\nb", "control character"),
        ({"type": "string"}, "x" * 501, "longer than 500"),
        ({"type": "string", "enum": ["a", "b"]}, "c", "'c' is not one of a, b"),
        ({"type": "duration"}, 10, "write it with a unit"),
        ({"type": "duration", "maximum": "1m"}, "2m", "'2m' is above 1m"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(declared, value, words):
    with pytest.raises(InputError, match=words):
        fit(param(**declared), value, "param 'x'")


def test_a_duration_becomes_seconds():
    assert fit(param(type="duration"), "1m30s", "param 'x'") == 90


@pytest.mark.parametrize(
    "declared",
    [
        {"type": "integer", "default": 9, "maximum": 5},
        {"type": "string", "minimum": 1},
        {"type": "boolean", "default": "yes"},
        {"type": "duration", "default": 5},
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(declared):
    with pytest.raises(InputError):
        param(**declared)


def test_a_default_may_come_from_the_diagnosis():
    declared = {"flag": param(type="string", default="{{ binding.flag }}", required=True)}
    assert fill(declared, {}, {"binding.flag": "new"}) == {"flag": "new"}
    with pytest.raises(InputError, match=r"nothing bound 'binding\.flag'"):
        fill(declared, {}, {})


def test_a_given_value_overrides_the_default():
    assert fill({"n": param(type="integer", default=1)}, {"n": 2}, {}) == {"n": 2}


def test_an_undeclared_param_is_refused():
    with pytest.raises(InputError, match="unknown param 'm'; declared: n"):
        fill({"n": param(type="integer", default=1)}, {"m": 2}, {})


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
def test_a_span_survives_being_spelled(span):
    rounded = timedelta(milliseconds=round(span / timedelta(milliseconds=1)))
    assert parse_duration(spelled(rounded)) == rounded


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "-5s", "5s1m", "1e3s", "99d", "5x", "٣s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(InputError, match=r"is not like|is longer"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("kind", "default", "text", "value"),
    [
        ("integer", 100, "7", 7),
        ("number", 0.5, "0.25", 0.25),
        ("duration", "2m", "3s", 3.0),
        ("boolean", False, "true", True),
        ("string", "a", "b", "b"),
    ],
)
def test_a_label_of_the_target_replaces_the_default_and_a_given_value_replaces_both(kind, default, text, value):
    declared = {"x": param(type=kind, default=default, label="own")}
    assert fill(declared, {}, {"label.own": text}) == {"x": value}
    assert fill(declared, {}, {}) == {"x": fit(declared["x"], default, "default")}
    assert fill(declared, {"x": default}, {"label.own": text}) == {"x": fit(declared["x"], default, "given")}


@pytest.mark.parametrize(
    ("kind", "text"), [("integer", "many"), ("integer", "2.5"), ("duration", "3"), ("number", "nan")]
)
def test_a_label_that_does_not_fit_its_param_is_named(kind, text):
    with pytest.raises(InputError, match="param 'x', label 'own': "):
        fill({"x": param(type=kind, label="own")}, {}, {"label.own": text})
