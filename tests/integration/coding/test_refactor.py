"""An edit, the suite that judges it, and what remains of both, by the operation that users and evaluators call."""

import subprocess

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import coding_operations
from tests.integration.coding.repositories import COMMAND, repository, state
from tests.unconfined import UnconfinedSandbox

SHOP = """def total(prices):
    result = 0
    for price in prices:
        if price < 0:
            raise ValueError(price)
        result += price
    return result
"""
TESTS = "from shop import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
SOURCE_TESTS = """import inspect

import shop


def test_source():
    assert inspect.getsource(shop).count("def ") == 1
"""
BLOCK = {"first_line": 4, "last_line": 6, "name": "_add"}


def ask(folder, **more):
    operation = coding_operations()["refactor"]
    asked = {
        "repo": str(folder), "intent": "extract_method", "targets": ["shop.py::total"], "options": BLOCK,
        "test_command": COMMAND, "gate": True, "budget_s": 60.0, **more,
    }  # fmt: skip
    return operation.run(operation.arguments.read(asked, "arguments"), workshop_in(UnconfinedSandbox()))


@pytest.fixture
def shop(tmp_path):
    return repository(tmp_path / "repo", {"shop.py": SHOP, "tests/test_shop.py": TESTS})


def test_an_edit_that_the_suite_accepts_applies_with_git_and_the_checkout_stays(shop, tmp_path):
    before = state(shop)
    told = ask(shop)
    assert (told["applied"], told["refused"], told["level"]) == (["shop.py::total"], {}, "safe")
    assert state(shop) == before
    subprocess.run(["git", "apply"], cwd=shop, input=told["diff"], text=True, check=True)
    assert "        result = _add(result, price)\n" in (shop / "shop.py").read_text()


def test_an_edit_that_breaks_a_test_is_reverted(tmp_path):
    folder = repository(tmp_path / "repo", {"shop.py": SHOP, "tests/test_source.py": SOURCE_TESTS})
    told = ask(folder)
    assert (told["diff"], told["applied"]) == ("", [])
    assert told["refused"]["shop.py::total"]["code"] == "broke_tests"
    assert "tests/test_source.py::test_source" in told["refused"]["shop.py::total"]["message"]


def test_without_the_gate_nothing_is_run(tmp_path):
    folder = repository(tmp_path / "repo", {"shop.py": SHOP, "conftest.py": "raise SystemExit('ran')\n"})
    assert ask(folder, gate=False, test_command=None)["applied"] == ["shop.py::total"]


def test_tests_are_not_refactored(shop):
    told = ask(shop, targets=["tests/test_shop.py::test_total"])
    assert told["refused"]["tests/test_shop.py::test_total"]["code"] == "unsupported"


def test_an_intent_that_is_not_offered_refuses_every_target(shop):
    told = ask(shop, intent="beautify")
    assert told["refused"]["shop.py::total"]["code"] == "unsupported"


@pytest.mark.fleet
def test_types_hold_by_mypy_and_a_second_run_changes_nothing(tmp_path):
    source = (
        "class Cart:\n    def __init__(self, items):\n        self.items = list(items)\n\n"
        "    def size(self):\n        return len(self.items)\n\n    def broken(self):\n        x: int = 'a'\n"
        "        return x\n\n\ndef twice(cart: Cart):\n    return cart.size() * 2\n"
    )
    folder = repository(tmp_path / "repo", {"shop.py": source})
    more = {"intent": "add_type_hints", "targets": ["shop.py"], "options": {}, "gate": False, "test_command": None}
    told = ask(folder, **more)
    subprocess.run(["git", "apply"], cwd=folder, input=told["diff"], text=True, check=True)
    made = (folder / "shop.py").read_text()
    assert [made.count(one) for one in ("__init__(self, items) -> None", "size(self) -> int", "Cart) -> int")] == [
        1,
        1,
        1,
    ]
    assert "def broken(self):" in made
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "x"], cwd=folder, check=True)
    assert ask(folder, **more)["refused"]["shop.py"]["code"] == "nothing_to_do"


def test_errors_of_types_are_repaired_by_mypy_and_a_second_run_changes_nothing(tmp_path):
    source = (
        "class Link:\n    __slots__ = ('next',)\n\n\ndef chain(link, limit: int = None) -> int:\n    seen = []\n"
        "    while link.next and limit:\n        link = link.next\n    return len(seen)\n\n\n"
        "def end(link: Link):\n    return link.next\n"
    )
    folder = repository(tmp_path / "repo", {"shop.py": source})
    more = {"intent": "repair_types", "targets": ["shop.py"], "options": {}, "gate": False, "test_command": None}
    told = ask(folder, **more)
    subprocess.run(["git", "apply"], cwd=folder, input=told["diff"], text=True, check=True)
    made = (folder / "shop.py").read_text()
    done = ('next: "Any"', 'limit: "int | None" = None', "seen: list[Any] = []")
    assert [one for one in done if one not in made] == []
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "x"], cwd=folder, check=True)
    assert ask(folder, **more)["refused"]["shop.py"]["code"] == "nothing_to_do"


NARROWED = """def half(value: int | None) -> int:
    if value is None:
        return 0
    return value // 2


def joined(value: int | str) -> str:
    value = str(value).strip()
    return value + "!"
"""


def test_a_condition_that_tells_a_type_stays_unless_the_unsafe_level_is_asked_for(tmp_path):
    folder = repository(tmp_path / "repo", {"shop.py": NARROWED})
    asked = {
        "intent": "extract_readiness", "targets": ["shop.py::half"], "gate": False, "test_command": None,
        "budget_s": 60.0,
    }  # fmt: skip
    told = ask(folder, **asked, options={"line": 2, "name": "_is_absent"})
    assert told["refused"]["shop.py::half"]["code"] == "unsafe"
    assert 'Unsupported operand types for // ("None" and "int")' in told["refused"]["shop.py::half"]["message"]
    told = ask(folder, **asked, options={"line": 2, "name": "_is_absent", "level": "unsafe"})
    assert (told["applied"], told["level"]) == (["shop.py::half"], "unsafe")


def test_a_new_function_says_what_it_returns_where_mypy_would_miss_it(tmp_path):
    folder = repository(tmp_path / "repo", {"shop.py": NARROWED})
    options = {"first_line": 8, "last_line": 8, "name": "_text"}
    told = ask(folder, targets=["shop.py::joined"], options=options, gate=False, test_command=None)
    assert "+def _text(value: int | str) -> str:\n" in told["diff"]
