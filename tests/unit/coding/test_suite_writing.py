"""From calls that were tried to a file of tests: which are kept, and how they are written."""

import ast
from dataclasses import replace

import pytest

from grace_workers.coding import NoSandbox
from grace_workers.coding.deadline import Deadline
from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.suite_writing.attempted import Attempted, attempted, free_names
from grace_workers.coding.engines.suite_writing.choice import chosen, fewer, reaching
from grace_workers.coding.engines.suite_writing.mutants import mutants_of
from grace_workers.coding.engines.suite_writing.text import draft_file, file_of_tests, procedures_of
from grace_workers.coding.engines.suite_writing.writing import Writing
from grace_workers.coding.suite import PytestCommand, Suite
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import PermanentError


def call(text, expected="", form="equal", *, setup=(), after=(), operation=None):
    name = operation or text.partition("(")[0]
    return Attempted(
        subject=name, operation=name, setup=setup, call=text, form=form, text=expected, after=after,
        steps=frozenset({(0, 1)}),
    )  # fmt: skip


def test_each_kept_test_kills_a_mutant_that_no_other_kept_one_kills():
    kills = [{1, 2}, {2}, {3}, {1, 2, 3, 4}, set(), {5, 1}]
    kept = chosen(kills, [10] * len(kills))
    assert kept == [3, 5]
    for one in kept:
        assert kills[one] - set().union(*(kills[other] for other in kept if other != one))


def test_of_two_tests_that_kill_the_same_the_shorter_one_is_kept():
    assert chosen([{1}, {1}], [50, 20]) == [1]


def test_a_test_that_later_ones_make_needless_is_left_out():
    assert chosen([{1, 2, 3}, {1, 2, 4, 5}, {3, 6, 7}], [10, 10, 10]) == [1, 2]


def test_a_test_that_alone_executes_a_line_or_takes_a_way_of_a_branch_is_kept_without_a_mutant():
    straight, other_way, new_line = {(0, 1), (1, 2), (2, 0)}, {(0, 1), (1, 0)}, {(0, 1), (1, 2), (2, 3), (3, 0)}
    assert reaching([straight, other_way, new_line, straight], [0], [10] * 4) == [1, 2]
    assert reaching([straight, straight | other_way, other_way], [0], [10, 30, 20]) == [2]
    assert reaching([straight, straight], [1], [1, 1]) == []


def test_of_many_calls_those_go_on_that_reach_something_alone_and_then_the_shortest_of_each_operation():
    steps = [{(0, 1)}, {(0, 1)}, {(0, 2)}, {(0, 1)}, {(0, 1)}]
    assert fewer(steps, ["a", "a", "a", "b", "a"], [10, 20, 90, 30, 40], 3) == [0, 2, 3]
    assert fewer(steps, ["a"] * 5, [1] * 5, 9) == [0, 1, 2, 3, 4]


def test_calls_of_one_function_stand_in_a_table_with_the_names_of_its_parameters():
    kept = [call("grade(90)", "'A'"), call("grade(0)", "'C'"), call("grade(-1)", '"too low"', "raises ValueError")]
    text = file_of_tests("school.marks", kept, {"grade": ("score",)})
    assert text == (
        '"""Tests of school.marks."""\n\nimport pytest\n\nfrom school.marks import grade\n\n\n'
        '@pytest.mark.parametrize(("score", "expected"), [(90, "A"), (0, "C")])\n'
        "def test_grade(score, expected):\n    assert grade(score) == expected\n\n\n"
        "def test_grade_raises_value_error():\n"
        '    with pytest.raises(ValueError, match="too low"):\n        grade(-1)\n'
    )


def test_a_table_of_errors_has_no_column_for_messages_that_some_do_not_have():
    kept = [call("grade('a', 1)", "", "raises ValueError"), call("grade('b', 2)", '"bad"', "raises ValueError")]
    text = file_of_tests("school", kept, {"grade": ("name", "score")})
    assert '@pytest.mark.parametrize(("name", "score"), [("a", 1), ("b", 2)])\n' in text
    assert "    with pytest.raises(ValueError):\n        grade(name, score)\n" in text


def test_examples_of_docstrings_stand_alone_because_they_call_more_than_the_function():
    kept = [call("list(pairs(1))", "[1]", operation="pairs"), call("list(halves(1))", "[2]", operation="halves")]
    text = file_of_tests("shop", kept, {})
    assert "def test_pairs():\n    assert list(pairs(1)) == [1]\n" in text
    assert "def test_halves():" in text


def test_of_two_calls_the_one_with_usual_arguments_is_shorter_to_read():
    assert call("f(1)", "2").size < replace(call("f(1)", "2"), odd=1).size


def test_a_call_of_an_object_is_named_by_what_happened_to_it_before():
    setup = ("cart = Cart(2)", "cart.add(3)")
    one, other = call("cart.total()", "3", setup=setup, operation="Cart.total"), call("len(cart)", "1", setup=setup)
    text = file_of_tests("shop", [one, other, one], {})
    assert "def test_cart_total_after_add():" in text
    assert "def test_cart_total_after_add_2():" in text
    assert "from shop import Cart\n" in text


def test_a_procedure_is_not_said_to_return_none():
    setup, after = ("items = [2, 1]",), ("assert items == [1, 2]",)
    kept = [call("tidy(items)", "None", "is", setup=setup, after=after)]
    assert procedures_of(kept) == {"tidy"}
    assert "    tidy(items)\n    assert items == [1, 2]\n" in file_of_tests("shop", kept, {})


def test_a_function_that_returns_none_only_sometimes_is_no_procedure():
    kept = [call("find(1)", "None", "is"), call("find(2)", "3")]
    assert procedures_of(kept) == frozenset()
    assert "[(1, None), (2, 3)]" in file_of_tests("shop", kept, {"find": ("key",)})


def test_objects_iterators_and_inexact_numbers_are_compared_as_what_they_are():
    kept = [
        call("Cart()", "Cart", "is_a", after=("assert result.size == 0",)),
        call("pairs()", "[1]", "listed"),
        call("third()", "0.333333", "close"),
    ]
    text = file_of_tests("shop", kept, {})
    assert "    result = Cart()\n    assert isinstance(result, Cart)\n    assert result.size == 0\n" in text
    assert "assert list(pairs()) == [1]" in text
    assert "assert third() == pytest.approx(0.333333)" in text


def test_modules_of_the_standard_library_are_imported_as_they_are():
    kept = [call("read(io.StringIO('a'))", "[1, 2, 3, 4]", "first"), call("read(re)", "1", setup=("y = 1",))]
    text = file_of_tests("shop", kept, {}, {"io", "itertools"})
    assert text.startswith('"""Tests of shop."""\n\nimport io\nimport itertools\n\nfrom shop import re, read\n')
    assert 'assert list(itertools.islice(read(io.StringIO("a")), 4)) == [1, 2, 3, 4]' in text
    assert draft_file("shop", kept, {"io", "itertools"}).startswith("import io\nimport itertools\nimport pytest\n")


def test_the_mutants_are_spread_over_all_lines_of_a_long_function():
    lines = [f"    total += count * {number} - limit" for number in range(60)]
    source = "\n".join(["def f(total, count, limit):", *lines, "    return total"]) + "\n"
    made = mutants_of("shop.py", SourceTree.of(lambda _name: source.encode()))
    assert {one.changes[0].edits[0].first for one in made} >= set(range(2, 63))


def test_every_file_is_python_whatever_the_calls_hold():
    kept = [call("f(lambda x: x, key='it''s')", "'a\"b'"), call("f([1], key=None)", "b'\\x00'"), call("f.g(*[1])", "2")]
    for text in (file_of_tests("shop", kept, {}), draft_file("shop", kept)):
        assert ast.parse(text).body


@pytest.mark.parametrize(
    "change",
    [
        {"call": "1 +"},
        {"form": "raises os.system"},
        {"call": "x" * 700},
        {"setup": ["a\nb"]},
        {"steps": ["x"]},
    ],
)
def test_what_the_sandboxed_program_tells_is_taken_only_if_it_is_a_short_call(change):
    told = {
        "subject": "f", "operation": "f", "setup": [], "call": "f(1)", "form": "equal", "text": "2", "after": [],
        "steps": [[0, 3]], "odd": 0,
    }  # fmt: skip
    assert attempted(told) is not None
    assert attempted({**told, **change}) is None


def test_the_names_to_import_are_those_that_nothing_else_gives():
    assert free_names(["cart = Cart(Item(1))", "f = lambda x: x + y", "import re", "print(cart, re, len)"]) == {
        "Cart", "Item", "y",
    }  # fmt: skip


def test_no_file_of_tests_is_written_through_a_link_out_of_the_copy(tmp_path):
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir()
    (tree / "tests").symlink_to(outside)
    suite = Suite(
        sandbox=NoSandbox("it lacks bubblewrap"),
        command=PytestCommand("/usr/bin/python3", ()),
        folder=tree,
        scratch=tmp_path / "files",
    )
    deadline = Deadline.after(60.0, SystemClock())
    writing = Writing(suite=suite, module="shop", file="tests/test_shop.py", deadline=deadline)
    with pytest.raises(PermanentError, match=r"tests/test_shop\.py cannot be written"):
        writing._passing("", 0)
    assert list(outside.iterdir()) == []
