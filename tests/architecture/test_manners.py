"""How a test is written: real things or our own fakes, conditions instead of sleeps, a sentence for a name."""

import ast
import re
from collections import Counter

from tests.architecture.house import Source, suites

NAPS = {"time.sleep", "sleep"}
OF_PYTHON = {"logging", "tempfile"}
SHORTEST_NAME = 3
COLLECTED = [source for source in suites() if source.path.name.startswith(("test_", "conftest"))]
SENTENCES = [source for source in suites() if source.path.name.startswith("test_")]


def test_nothing_is_mocked():
    offences = [
        f"{source.place} imports {name}"
        for source in suites()
        for name in source.imports
        if name.startswith(("unittest.mock", "mock", "pytest_mock"))
    ]
    assert offences == []


def test_no_attribute_of_the_product_is_replaced():
    offences = [
        f"{source.place}:{call.lineno} {ast.unparse(call)}"
        for source in suites()
        for called, call in source.calls
        if called in {"monkeypatch.setattr", "monkeypatch.setitem"} and ast.unparse(call.args[0]) not in OF_PYTHON
    ]
    assert offences == []


def test_no_test_sleeps_to_win_a_race():
    """A program under test may sleep; a test waits for a condition, by `tests.waiting`."""
    offences = [
        f"{source.place}:{call.lineno}" for source in COLLECTED for called, call in source.calls if called in NAPS
    ]
    assert offences == []


def test_a_test_is_named_by_a_sentence():
    offences = [
        f"{source.place}:{function.lineno} {function.name}"
        for source in SENTENCES
        for function in source.functions
        if function.name.startswith("test_") and len(function.name.split("_")) <= SHORTEST_NAME
    ]
    assert offences == []


def test_no_test_is_hidden_by_another_of_its_name():
    for source in SENTENCES:
        names = Counter(node.name for node in source.tree.body if isinstance(node, ast.FunctionDef))
        assert [name for name, times in names.items() if times > 1] == [], source.place


def test_a_test_can_fail():
    offences = [
        f"{source.place}:{function.lineno} {function.name}"
        for source in SENTENCES
        for function in source.functions
        if function.name.startswith("test_") and not _claims(function, source)
    ]
    assert offences == []


def test_cases_come_in_one_order_in_every_process():
    offences = [
        f"{source.place}:{call.lineno}"
        for source in suites()
        for called, call in source.calls
        if called == "pytest.mark.parametrize" and _is_a_set(call.args[1])
    ]
    assert offences == []


def test_what_is_skipped_says_why():
    offences = [
        f"{source.place}:{call.lineno}"
        for source in suites()
        for called, call in source.calls
        if re.search(r"\bskip(if)?$", called) and not _reason(call)
    ]
    assert offences == []


def _claims(function, source: Source) -> bool:
    """Return whether it asserts, expects an error, or calls a function of its file that does."""
    text = ast.unparse(function)
    if re.search(r"\bassert\b|pytest\.raises|pytest\.fail|\buntil\(|\.assert_|\bcheck\w*\(", text):
        return True
    own = {node.name: node for node in source.functions}
    called = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    return any("assert" in ast.unparse(own[name]) for name in called & own.keys() if own[name] is not function)


def _is_a_set(cases: ast.expr) -> bool:
    """Return whether the cases come in hash order, which differs from process to process."""
    if isinstance(cases, ast.BinOp):
        return _is_a_set(cases.left) or _is_a_set(cases.right)
    made = isinstance(cases, ast.Call) and ast.unparse(cases.func) in {"set", "frozenset"}
    return made or isinstance(cases, ast.Set | ast.SetComp)


def _reason(call: ast.Call) -> bool:
    given = [word.value for word in call.keywords if word.arg == "reason"] or call.args[-1:]
    return any(not isinstance(node, ast.Constant) or len(str(node.value)) > SHORTEST_NAME for node in given)
