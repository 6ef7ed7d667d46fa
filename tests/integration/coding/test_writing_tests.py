"""Tests that the agent writes: for a module without any, beside others, and never of what no test can expect."""

import subprocess
import sys

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, coding_operations, undertake
from tests.integration.coding.repositories import COMMAND, repository, state
from tests.unconfined import UnconfinedSandbox

SHOP = '''"""A shop."""

import random
import time
from pathlib import Path


def grade(score):
    if score < 0:
        raise ValueError("the score is negative")
    return "good" if score >= 75 else "poor"


class Cart:
    def __init__(self, limit=2):
        self.limit = limit
        self.prices = []

    def add(self, price):
        if len(self.prices) >= self.limit:
            raise OverflowError("the cart is full")
        self.prices.append(price)

    def total(self):
        return sum(self.prices)


def label(*words, upper=False, **tags):
    if tags:
        return sorted(tags.items())
    return [word.upper() for word in words] if upper else words


def stamp():
    return int(time.time()) // 10_000


def lot():
    return random.choice([1])


def erase(name):
    Path("/" + str(name)).unlink()
    return 1
'''
GRADED = 'from shop import grade\n\n\ndef test_good():\n    assert grade(75) == "good"\n'


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return repository(tmp_path_factory.mktemp("shop") / "repo", {"shop.py": SHOP, "tests/test_grade.py": GRADED})


@pytest.fixture(scope="module")
def written(shop):
    operation = coding_operations()["generate_tests"]
    asked = {"repo": str(shop), "module": "shop", "python": sys.executable, "budget_s": 300.0}
    before = state(shop)
    told = operation.run(operation.arguments.read(asked, "arguments"), workshop_in(UnconfinedSandbox()))
    assert state(shop) == before
    assert told["reason"] is None
    return told["test_file"]


def result_of(shop, text, folder):
    (folder / "shop.py").write_text(shop, encoding="utf-8")
    (folder / "test_written.py").write_text(text, encoding="utf-8")
    return subprocess.run([*COMMAND, "test_written.py"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.fleet
def test_the_file_passes_by_itself_and_fails_for_a_faulty_module(written, tmp_path):
    passed = result_of(SHOP, written, tmp_path)
    assert passed.returncode == 0, passed.stdout
    for old, new in (
        (">= 75", "> 75"),
        (">= self.limit", "> self.limit"),
        ("score < 0", "score < -9"),
        ("append", "pop"),
        ("if tags", "if not tags"),
        ("if upper", "if not upper"),
    ):
        assert result_of(SHOP.replace(old, new), written, tmp_path).returncode == 1, new


def test_what_a_clock_or_chance_decides_and_what_reaches_outside_is_not_tested(written):
    for name in ("stamp", "lot", "erase"):
        assert name not in written


@pytest.mark.fleet
def test_beside_other_tests_only_what_they_do_not_notice_is_tested(shop):
    workshop = workshop_in(UnconfinedSandbox())
    bench = Bench(
        workshop=workshop,
        repository=workshop.open_repository(shop),
        command=[*COMMAND, "tests"],
        seconds=300.0,
        label="x",
    )
    work = undertake("add_tests", {"files": ["shop.py"]}, bench)
    assert work.reason is None
    assert list(work.files) == ["tests/test_shop.py"]
    assert 'grade(75) == "good"' not in work.files["tests/test_shop.py"].decode()
    assert any("that no test noticed before" in line for line in work.story)


def test_a_module_that_cannot_be_imported_is_refused_with_the_error(tmp_path):
    folder = repository(tmp_path / "repo", {"shop.py": "import nothing_of_this_name\n"})
    operation = coding_operations()["generate_tests"]
    asked = {"repo": str(folder), "module": "shop", "python": sys.executable, "budget_s": 20.0}
    told = operation.run(operation.arguments.read(asked, "arguments"), workshop_in(UnconfinedSandbox()))
    assert told["reason"]["code"] == "unreadable"
    assert "nothing_of_this_name" in told["reason"]["message"]
