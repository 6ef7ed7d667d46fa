"""Patterns from a history: what earlier fixes have in common, how much they weigh, and where they fit again."""

import ast

import pytest

from grace_workers.coding import PastEdit
from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.localisation.localise import Suspect
from grace_workers.coding.engines.patterns.generalising import filled, fitted, generalised
from grace_workers.coding.engines.patterns.matching import known_fixes
from grace_workers.coding.engines.patterns.mining import changes_of, mined
from grace_workers.coding.patch import edited

GET = ("def f(rows, key):\n    return rows[key]\n", "def f(rows, key):\n    return rows.get(key, 0)\n")
OTHER = (
    "def g(prices, name):\n    total = prices[name]\n    return total\n",
    "def g(prices, name):\n    total = prices.get(name, 0)\n    return total\n",
)


def edit(pair, *, commit="a" * 40, message="Fix a crash"):
    return PastEdit(commit=commit, message=message, before=pair[0].encode(), after=pair[1].encode())


def expression(text):
    return ast.parse(text, mode="eval").body


def test_the_smallest_part_that_differs_is_the_change():
    [(before, after)] = changes_of(OTHER[0].encode(), OTHER[1].encode())
    assert (ast.unparse(before), ast.unparse(after)) == ("prices[name]", "prices.get(name, 0)")


@pytest.mark.parametrize(
    "pair",
    [
        ("def f(a):\n    return a\n", "def f(a):\n    return a\n"),
        ("def f(a):\n    return a\n", "def f(b):\n    return 1 + b\n"),
        ("def f(a):\n    return a\n", "def f(a):\n    return 2\n"),
        ("def f(a):\n    return a(\n", "def f(a):\n    return a\n"),
        ("x = [1]\n", "x = [2, 3]\n"),
    ],
)
def test_what_is_no_single_change_of_a_function_is_no_pattern(pair):
    assert list(changes_of(pair[0].encode(), pair[1].encode())) == []


def test_code_that_is_nested_very_deeply_is_no_pattern():
    deep = "def f(a):\n    return " + " + ".join(["a"] * 900)
    assert list(changes_of(deep.encode(), f"{deep} - a\n".encode())) == []


def test_the_same_change_with_other_names_is_one_pattern_with_the_weight_of_both():
    [pattern] = mined([edit(GET), edit(OTHER, commit="b" * 40)])
    assert pattern.text == "__hole_0__[__hole_1__] -> __hole_0__.get(__hole_1__, 0)"
    assert pattern.weight == 2
    assert pattern.commits == ("a" * 40, "b" * 40)


def test_changes_that_differ_in_a_part_are_generalised_to_what_they_share():
    one = expression("len(rows) > limit"), expression("len(rows) >= limit")
    other = expression("len(self.items) > 3"), expression("len(self.items) >= 3")
    before, after = generalised(one, other)
    assert ast.unparse(before) == "len(__hole_0__) > __hole_1__"
    assert ast.unparse(after) == "len(__hole_0__) >= __hole_1__"


def test_changes_that_share_nothing_have_no_generalisation():
    assert generalised((expression("a + b"), expression("a - b")), (expression("f(x)"), expression("g(x)"))) is None
    assert generalised((expression("f(a)"), expression("f(b)")), (expression("f(c)"), expression("f(d)"))) is None


def test_a_reverted_fix_counts_little_and_its_revert_is_no_pattern():
    revert = edit(GET[::-1], commit="c" * 40, message=f'Revert "Fix a crash"\n\nThis reverts commit {"a" * 40}.')
    [pattern] = mined([revert, edit(GET)])
    [accepted] = mined([edit(GET)])
    assert pattern.text == accepted.text
    assert pattern.weight < accepted.weight / 2


def test_a_change_that_no_one_called_a_fix_counts_less():
    assert mined([edit(GET, message="Tidy")])[0].weight < mined([edit(GET)])[0].weight


def test_a_hole_stands_for_the_same_part_everywhere():
    template = expression("__hole_0__ + __hole_0__")
    assert fitted(template, expression("a + b")) is None
    assert filled(template, fitted(template, expression("f(1) + f(1)"))) == "f(1) + f(1)"


def test_a_pattern_is_tried_before_everything_else_where_it_fits():
    source = b"def total(cart, item):\n    price = cart.prices[item]\n    return price\n"
    tree = SourceTree.of(lambda name: source)
    [found] = known_fixes(mined([edit(GET)]), [Suspect("shop.py", "total", 1.0)], tree)
    assert edited(source, found.changes[0].edits) == source.replace(b"cart.prices[item]", b"cart.prices.get(item, 0)")
    assert found.operators == ("pattern",)
