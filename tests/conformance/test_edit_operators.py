"""Every kind of edit keeps its promise: its example, texts that parse, the same proposals every time."""

import ast

import pytest

import grace_workers.coding.engines.repair.operators
from grace_workers.coding import EditOperator
from grace_workers.coding.engines.repair.priors import weight_of
from grace_workers.coding.engines.repair.subject import SubjectFunction
from grace_workers.coding.patch import edited
from grace_workers.foundation.catalog import discover

OPERATORS = discover(grace_workers.coding.engines.repair.operators, EditOperator, label="operator")
NAMES = [
    "argument", "arithmetic", "assignment", "attribute", "boolean", "comparison", "condition", "constant", "deletion",
    "donor", "exception", "guard", "insertion", "loop", "movement", "off_by_one", "result", "slicing", "term", "unwrap",
    "variable", "wrap",
]  # fmt: skip
LARGER = '''class Shelf:
    def find(self, items, wanted=None, *rest, limit=10):
        """Find it."""
        best, seen = None, set()
        for number, item in enumerate(items[1:]):
            if item is None or (item.size > limit and not wanted):
                continue
            elif f"{item}" in seen:
                best += 1
            while number < len(items) - 1 and items[number] != wanted:
                number += 1
                try:
                    seen.add(items[number].name)
                except KeyError:
                    raise ValueError("ü") from None
            best = max(best, self.weight(item, number, key=limit))
            print(item)
        return best if best else [x for x in rest if x]
'''


def subject(text, name):
    function = next(
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return SubjectFunction(text.encode(), function, dict.fromkeys(range(1, text.count("\n") + 2), 1.0))


def results(operator, text, name="f"):
    return [edited(text.encode(), one.edits).decode() for one in operator.propose(subject(text, name))]


def test_every_operator_is_known_here():
    assert list(OPERATORS.names) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_proposes_its_example(name):
    before, after = OPERATORS[name].example
    assert after in results(OPERATORS[name], before)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_most_proposals_are_python_and_none_changes_nothing(name):
    made = results(OPERATORS[name], LARGER, "find")
    assert made
    assert LARGER not in made
    assert sum(map(_parses, made)) > 0.9 * len(made)


@pytest.mark.parametrize("name", NAMES)
def test_proposals_come_in_the_same_order_every_time(name):
    assert results(OPERATORS[name], LARGER, "find") == results(OPERATORS[name], LARGER, "find")


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_edits_only_inside_the_function(name):
    lines = range(2, LARGER.count("\n") + 1)
    for one in OPERATORS[name].propose(subject(LARGER, "find")):
        assert all(edit.first in lines and edit.last in lines for edit in one.edits)


@pytest.mark.parametrize("name", NAMES)
def test_an_operator_has_a_weight_with_a_reason(name):
    assert 0 < weight_of(name) < 1


def test_nothing_is_proposed_on_lines_that_are_not_suspicious():
    text = "def f(a, b):\n    a = a + b\n    return a < b\n"
    function = ast.parse(text).body[0]
    only_last = SubjectFunction(text.encode(), function, {3: 1.0})
    assert all(edit.first == 3 for one in OPERATORS["comparison"].propose(only_last) for edit in one.edits)
    assert list(OPERATORS["arithmetic"].propose(only_last)) == []


def _parses(text):
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
