"""A fault that no single edit mends: two edits of one function do, and both are in the patch."""

import subprocess

import pytest

from tests.integration.coding.repositories import COMMAND, repository, state
from tests.integration.coding.test_repair import ask

SHOP = """def window(items, first, last):
    result = []
    for place in range(first + 1, last):
        result.append(items[place - 1])
    return result
"""
TESTS = """from shop import window


def test_window():
    assert window([1, 2, 3, 4], 0, 2) == [1, 2, 3]
    assert window("abcdef", 2, 4) == ["c", "d", "e"]
    assert window([7], 0, 0) == [7]
    assert window([5, 6], 1, 1) == [6]
    assert window([5, 6], 1, 0) == []
"""


@pytest.mark.fleet
def test_two_edits_of_one_function_are_found_together(tmp_path):
    folder = repository(tmp_path / "repo", {"shop.py": SHOP, "test_shop.py": TESTS})
    before = state(folder)
    told = ask("repair", folder, budget_s=120.0)
    assert told["verified"], told["reason"]
    assert state(folder) == before
    added = [row for row in told["patches"][0].splitlines() if row.startswith("+") and not row.startswith("+++")]
    assert len(added) == 2
    subprocess.run(["git", "apply"], cwd=folder, input=told["patches"][0], text=True, check=True)
    done = subprocess.run(COMMAND, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
