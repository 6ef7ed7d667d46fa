"""What an edit would do to a function, apart from its text."""

import pytest

from grace_workers.coding.engines.localisation.evidence import SourceTree
from grace_workers.coding.engines.localisation.localise import Suspect
from grace_workers.coding.engines.repair.candidates import candidates, subject_of
from grace_workers.coding.patch import Edit

SOURCE = b"""def outer(goal, limit):
    seen = set()

    def walk(node):
        if node is goal:
            return True
        return any(walk(step) for step in node.steps)

    return walk(goal) and len(seen) < limit
"""


@pytest.fixture
def inner():
    return subject_of(Suspect("a.py", "outer.walk", 1.0), SourceTree.of(lambda name: SOURCE))


def over(text, new):
    lines = SOURCE.decode().split("\n")
    row = next(number for number, line in enumerate(lines) if text in line)
    column = lines[row].index(text)
    return Edit(row + 1, column, row + 1, column + len(text), new)


def test_an_inner_function_knows_the_names_of_those_around_it(inner):
    assert {"node", "step", "goal", "limit", "seen"} <= set(inner.names)


def test_a_missing_statement_over_a_set_of_the_function_around_is_proposed():
    found = candidates([Suspect("a.py", "outer.walk", 1.0)], SourceTree.of(lambda name: SOURCE))
    texts = {edit.text.strip() for one in found for edit in one.changes[0].edits}
    assert "seen.add(node)" in texts


@pytest.mark.parametrize(
    ("text", "new", "calls", "names"),
    [
        ("walk(step)", "step", True, False),
        ("walk(step)", "walk(goal)", False, True),
        ("walk(step)", "not walk(step)", False, False),
        ("len(seen)", "seen", False, False),
        ("node is goal", "step is goal", False, False),
    ],
)
def test_an_edit_may_drop_a_call_or_the_only_use_of_a_name(inner, text, new, calls, names):
    edit = over(text, new)
    assert (inner.drops_call(edit), inner.drops_name(edit)) == (calls, names)
