"""What a repository's history says of earlier fixes, and a repair that begins with it."""

import pytest

from grace_workers.adapters.git.branch_tip import BranchTip
from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import RepairArguments, report_of
from tests.integration.coding.repositories import COMMAND, git, repository
from tests.unconfined import UnconfinedSandbox

FIRST = "def price(prices, name):\n    return prices[name]\n\n\ndef count(stock, item):\n    return stock[item]\n"
FIXED = FIRST.replace("prices[name]", "prices.get(name, 17)")
TESTS = """from shop import count, price


def test_price():
    assert price({"tea": 2}, "tea") == 2


def test_count():
    assert count({"tea": 2}, "tea") == 2


def test_count_of_what_is_not_there():
    assert count({}, "milk") == 8 + 9
"""


@pytest.fixture
def shop(tmp_path):
    folder = repository(tmp_path / "repo", {"shop.py": FIRST, "tests/test_shop.py": "def test_x():\n    pass\n"})
    for name, text, message in (
        ("shop.py", FIXED, "Fix a crash for an unknown name"),
        ("tests/test_shop.py", TESTS, "Fix a test"),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        git(folder, "commit", "-q", "-a", "-m", message)
    return folder


@pytest.mark.parametrize("opened", [GitCheckout, lambda path: BranchTip(path, "main")], ids=["checkout", "branch"])
def test_the_history_tells_what_each_commit_made_of_the_code_and_not_of_tests(opened, shop):
    [edit] = opened(shop).edits(50)
    assert edit.message.strip() == "Fix a crash for an unknown name"
    assert edit.commit == git(shop, "rev-parse", "HEAD^").strip()
    assert (edit.before.decode(), edit.after.decode()) == (FIRST, FIXED)
    assert opened(shop).edits(1) == ()


def test_a_message_that_looks_like_the_beginning_of_a_commit_is_no_commit(shop):
    (shop / "shop.py").write_text(FIXED + "\n\nLAST = 1\n", encoding="utf-8")
    git(shop, "commit", "-q", "-a", "-m", "Fix it\x01" + "a" * 40 + "\x01")
    assert [edit.message.strip() for edit in GitCheckout(shop).edits(50)] == ["Fix a crash for an unknown name"]


@pytest.mark.fleet
def test_a_repair_tries_first_what_fixed_the_like_before(shop):
    asked = {"repo": str(shop), "test_command": COMMAND, "budget_s": 240.0}
    report = report_of(RepairArguments.read(asked, "arguments"), workshop_in(UnconfinedSandbox()))
    assert report.verified, report.reason
    assert "+    return stock.get(item, 17)" in report.patches[0]
    assert any("the patch repeats an earlier change" in line for line in report.story)
