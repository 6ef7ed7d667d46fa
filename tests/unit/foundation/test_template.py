import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.template import UnknownNameError, names_in, resolve

SCOPE = {"params.n": 3, "params.none": None, "params.text": "{{ params.n }}", "target": "web", "binding.on": True}


def test_a_whole_template_keeps_the_type():
    assert resolve("{{ params.n }}", SCOPE) == 3
    assert resolve("{{params.n}}", SCOPE) == 3
    assert resolve(["{{ binding.on }}"], SCOPE) == [True]


def test_a_template_inside_a_text_is_spelled_out():
    assert resolve("{{ target }}-{{ params.n }}-{{ binding.on }}", SCOPE) == "web-3-true"


def test_an_absent_value_leaves_its_key_out():
    assert resolve({"a": "{{ params.none }}", "b": None, "c": 1}, SCOPE) == {"b": None, "c": 1}


def test_what_a_template_puts_in_is_never_read_as_a_template():
    assert resolve("{{ params.text }}", SCOPE) == "{{ params.n }}"
    assert resolve("x {{ params.text }}", SCOPE) == "x {{ params.n }}"


def test_an_unknown_placeholder_is_refused_and_the_error_lists_known_ones():
    with pytest.raises(UnknownNameError, match=r"unknown 'params\.m'; known: binding\.on, params\.n"):
        resolve("{{ params.m }}", SCOPE)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7 * 7 }}",
        "{{ target.__class__ }}",
        "{{ params.n.real }}",
        "{{ params.n | upper }}",
        "{{ params['n'] }}",
        "{{ target() }}",
        "{{ }}",
        "{{ params.n",
        "params.n }}",
        "{{{{ params.n }}}}",
        "{{ params.n }} {{ import os }}",
    ],
)
def test_anything_but_a_name_is_no_template(text):
    with pytest.raises(InputError, match="is not a template"):
        resolve(text, SCOPE)


@given(st.text(st.sampled_from(list("{} ._|()[]'\"abnparmst3%#\n")), max_size=60))
def test_no_text_does_more_than_put_names_in_or_be_refused(text):
    try:
        found = resolve(text, SCOPE)
    except InputError:
        return
    assert set(names_in(text)) <= SCOPE.keys()
    assert isinstance(found, str | int | bool | None)
