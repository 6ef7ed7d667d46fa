"""What an exploration knows before it tries: values that the code compares with, and calls that others make."""

import ast
import inspect
import re
import sys
from types import ModuleType

import pytest

from grace_workers.coding.trial.annotated import stubs, typed
from grace_workers.coding.trial.constants import Constants
from grace_workers.coding.trial.expectation import expectation_of, text_of
from grace_workers.coding.trial.pattern_text import matching
from grace_workers.coding.trial.seeds import lines_of, seeds
from grace_workers.coding.trial.seen_calls import SeenCall, seen_calls
from grace_workers.coding.trial.subjects import callee_of, subjects_of
from grace_workers.coding.trial.values import PLAIN, STANDARD, Pools


def module_of(source):
    made = ModuleType("shelf")
    exec(source, made.__dict__)
    for one in vars(made).values():
        if callable(one) and hasattr(one, "__module__"):
            one.__module__ = "shelf"
    return made


def operation(source, name):
    made = module_of(source)
    space = {name: one for name, one in vars(made).items() if not name.startswith("__")}
    return next(one for one in subjects_of(made, source, space) if one.name == name).make


@pytest.mark.parametrize(
    "pattern",
    [
        r"(\d{4})-(0[1-9]|1[0-2])(?:T(\d\d))?",
        r"^\s*[^#=\s]+\s*=\s*(?P<value>.*)$",
        r"(a|b)\1+?",
        r"\w+@\w+\.(?:com|org)",
        r"(?i)get|post",
    ],
)
def test_texts_are_made_in_which_a_pattern_is_found(pattern):
    texts = matching(re.compile(pattern), 5)
    assert texts == matching(re.compile(pattern), 5)
    assert texts
    assert all(re.search(pattern, text) for text in texts)


def test_a_function_compares_with_what_the_names_in_it_stand_for_and_with_what_its_functions_look_for():
    source = (
        "import re\nKINDS = {'tall', 'small'}\nDATE = re.compile(r'[0-9]{4}-x')\n"
        "def inner(text):\n    return text == 'deep'\n"
        "def outer(text):\n    return text in KINDS or DATE.match(text) or inner(text)\n"
    )
    made = module_of(source)
    tree = ast.parse(source)
    found = Constants(tree, vars(made)).of(tree.body[-1])["str"]
    assert {"'tall'", "'small'", "'deep'"} <= set(found)
    assert any(re.fullmatch(r"'\d{4}-x'", one) for one in found)


def test_a_match_is_made_by_a_pattern_of_the_module():
    source = "import re\nNUMBER = re.compile('[0-9]+')\ndef value(match):\n    return int(match.group())\n"
    pools = Pools(source, vars(module_of(source)))
    assert all(one.startswith("NUMBER.search(") for one in pools.of["match"])
    assert operation(source, "value").parameters[0].kinds["match"] > 1


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("def f(a):\n    return a(1, 2)\n", "callable2"),
        ("def f(a):\n    return sorted([1], key=a)\n", "callable1"),
        ("def f(a):\n    return next(a)\n", "iterator"),
        ("def f(a):\n    return a.readline()\n", "file"),
        ("def f(a):\n    return range(*a.indices(3))\n", "slice"),
        ("def f(a, b):\n    return isinstance(b, a)\n", "type"),
        ("import datetime\ndef f(a: datetime.timedelta):\n    return a\n", "timedelta"),
        ("class Box:\n    pass\ndef f(a):\n    return isinstance(a, Box)\n", "Box"),
    ],
)
def test_how_a_parameter_is_used_or_annotated_tells_its_kind(source, kind):
    kinds = operation(source, "f").parameters[0].kinds
    assert kinds[kind] == max(kinds.values())


def test_every_plain_value_is_python_over_modules_that_a_test_can_import():
    space = {name: __import__(name) for name in STANDARD}
    values = [eval(text, dict(space)) for texts in PLAIN.values() for text in texts]
    assert len(values) > 100


@pytest.mark.parametrize(
    ("annotation", "values"),
    [
        ("Literal['a', 'b'] | None", ["'a'", "'b'"]),
        ("list[int]", ["[]", "[1]"]),
        ("dict[str, int]", ["{}"]),
        ("typing.Callable[[int, int], bool]", ["lambda a, b: True"]),
        ("tuple[int, ...]", ["(1,)"]),
        (int, []),
        (inspect.Parameter.empty, []),
    ],
)
def test_an_annotation_with_parts_gives_values_of_it(annotation, values):
    found = typed(annotation)
    assert set(values) <= set(found)
    assert bool(found) == bool(values)
    assert all(ast.parse(one, mode="eval") for one in found)


def test_an_object_without_a_usual_type_is_stood_in_for_by_one_with_its_attributes():
    node = ast.parse("def f(token):\n    return token.ttype and token.match(1)\n")
    assert all(
        re.fullmatch(r"types\.SimpleNamespace\(ttype=.+, match=lambda \*args: .+\)", one)
        for one in stubs("token", node)
    )
    assert stubs("token", node)
    assert stubs("text", ast.parse("text.strip()")) == []


def test_calls_in_tests_and_documents_give_arguments(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_shop.py").write_text(
        "def test_it():\n    assert price(3, rate=0.5)\n    price(unknown)\n"
    )
    (tmp_path / "README.md").write_text("Prices:\n\n>>> price(*[1])\n>>> price(LIMIT)\n7\n")
    (tmp_path / "broken.py").write_text("price(")
    found = seen_calls(tmp_path, {"price"}, {"LIMIT"}, 5.0)
    assert found == {"price": [SeenCall(("3",), {"rate": "0.5"}), SeenCall(("LIMIT",))]}


def test_arguments_of_calls_elsewhere_are_given_to_the_parameters_that_take_them():
    made = operation("def price(count, *more, rate=1.0, **tags):\n    return count\n", "price")
    calls = [SeenCall(("1", "2", "3")), SeenCall(("1",), {"rate": "0.5", "color": "'red'"}), SeenCall(())]
    assert [[(one.name, text) for one, text in given] for given in seeds(made, calls)] == [
        [("count", "1"), ("more", "2"), ("more", "3")],
        [("count", "1"), ("rate", "0.5"), ("tags", "color='red'")],
        [],
    ]
    assert made.parameters[0].own["seen"] == ["1"]
    other = operation("def price(count):\n    return count\n", "price")
    assert seeds(other, calls[:2]) == []


def test_the_lines_to_reach_are_those_of_statements():
    made = operation("def f(a):\n    '''Text.'''\n    if a:\n        return (\n            1)\n    return 2\n", "f")
    assert lines_of(made) == {3, 4, 6}


def test_of_an_iterator_without_end_the_first_values_are_expected():
    from itertools import count

    assert expectation_of(count(3), {}).form == "first"
    assert expectation_of(count(3), {}).text == "[3, 4, 5, 6]"
    assert expectation_of(iter([3]), {}).form == "listed"


def test_values_of_the_standard_library_are_written_with_their_module():
    from decimal import Decimal

    assert text_of(Decimal("1.5"), {"decimal": sys.modules["decimal"]}) == "decimal.Decimal('1.5')"
    assert text_of([Decimal("1.5")], {}) is None


def test_a_function_that_another_one_defines_and_returns_is_called_by_its_own_parameters():
    source = (
        "def scaled(factor):\n    def times(rows):\n        return [factor * row for row in rows]\n    return times\n"
    )
    made = operation(source, "scaled")
    inner = callee_of(module_of(source).scaled(2), made.node, "scaled(2)", [])
    assert [one.name for one in inner.parameters] == ["rows"]
    assert inner.parameters[0].kinds["list"] == max(inner.parameters[0].kinds.values())
    assert callee_of(len, made.node, "len", []) is None


def test_a_returned_function_of_elsewhere_is_called_by_its_own_parameters():
    source = (
        "def _shared():\n    def wrap(func):\n        return [func]\n    return wrap\n\n\n"
        "def cached(size):\n    return _shared()(size) if callable(size) else _shared()\n"
    )
    made = operation(source, "cached")
    assert made.parameters[0].kinds["callable"] == max(made.parameters[0].kinds.values())
    inner = callee_of(module_of(source).cached(1), made.node, "cached(2)", [])
    assert [one.name for one in inner.parameters] == ["func"]
    assert inner.parameters[0].kinds["callable"] == max(inner.parameters[0].kinds.values())


def test_the_items_of_an_object_are_asked_for_by_slices_too():
    source = "class Row:\n    def __getitem__(self, place):\n        return place\n"
    made = module_of(source)
    [row] = subjects_of(made, source, {"Row": made.Row})
    assert row.operations[0].parameters[0].kinds["slice"] > 1


def test_objects_that_a_module_has_are_values_of_their_class():
    source = "class Zone:\n    pass\n\n\nHERE = Zone()\nLIMIT = 3\n"
    assert Pools(source, vars(module_of(source))).of["Zone"] == ["HERE"]
