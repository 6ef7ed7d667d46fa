"""A fault, a test that shows it, and the agent's result, by the operations that users and evaluators call."""

import subprocess

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import coding_operations
from tests.integration.coding.repositories import COMMAND, git, repository, state
from tests.unconfined import UnconfinedSandbox

SHOP = '''"""Orders."""


def total(prices, discount):
    if not prices:
        return 0
    result = 0
    for price in prices:
        result += price
    return result + discount


def label(name):
    return name.strip().title()
'''
TESTS = """import pytest

from shop import label, total


CASES = [([5, 6], 1, 10), ([3], 0, 3), ([], 4, 0), ([9, 9, 2], 5, 15)]


@pytest.mark.parametrize(("prices", "discount", "wanted"), CASES)
def test_total(prices, discount, wanted):
    assert total(prices, discount) == wanted


def test_label():
    assert label(" tea pot") == "Tea Pot"
"""


def ask(name, folder, **more):
    operation = coding_operations()[name]
    asked = {"repo": str(folder), "test_command": COMMAND, "budget_s": 60.0, **more}
    return operation.run(operation.arguments.read(asked, "arguments"), workshop_in(UnconfinedSandbox()))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    return repository(tmp_path_factory.mktemp("faulty") / "repo", {"shop.py": SHOP, "tests/test_shop.py": TESTS})


def test_a_fault_is_repaired_and_the_checkout_stays_as_it_was(faulty, tmp_path):
    before = state(faulty)
    told = ask("repair", faulty)
    assert told["verified"], told["reason"]
    assert state(faulty) == before
    subprocess.run(["git", "clone", "-q", str(faulty), str(tmp_path / "clone")], check=True)
    subprocess.run(["git", "apply"], cwd=tmp_path / "clone", input=told["patches"][0], text=True, check=True)
    assert "return result - discount" in (tmp_path / "clone" / "shop.py").read_text()


def test_the_function_that_holds_the_fault_is_the_first_suspect(faulty):
    told = ask("localise", faulty)
    assert told["reason"] is None
    assert (told["suspects"][0]["file"], told["suspects"][0]["function"]) == ("shop.py", "total")
    scores = [one["score"] for one in told["suspects"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_nothing_outside_the_named_suspects_is_edited(faulty):
    told = ask("repair", faulty, suspects=["shop.py::label"], budget_s=20.0)
    assert (told["patches"], told["verified"]) == ([], False)
    assert told["reason"]["code"] in {"not_found", "budget"}


REFUSED = {
    "passes_already": {"shop.py": SHOP.replace("+ discount", "- discount"), "tests/test_shop.py": TESTS},
    "no_tests": {"shop.py": SHOP},
}


@pytest.mark.parametrize("code", ["passes_already", "no_tests"])
def test_what_cannot_be_repaired_is_refused_with_its_code(code, tmp_path):
    told = ask("repair", repository(tmp_path / "repo", REFUSED[code]))
    assert told["reason"]["code"] == code
    assert told["patches"] == []


HASTY = """import os


def test_hash():
    assert hash("a") == 0


def test_seed():
    assert os.environ["PYTHONHASHSEED"] == "0"
"""


def test_a_suite_that_changes_its_mind_is_refused_by_the_names_of_its_tests(tmp_path):
    told = ask("repair", repository(tmp_path / "repo", {"test_hash.py": HASTY}))
    assert told["reason"]["code"] == "unstable"
    assert "test_seed" in told["reason"]["message"]


def test_a_suite_that_ends_its_interpreter_is_not_taken_for_one_that_hangs(tmp_path):
    ending = "import os\n\n\ndef test_end():\n    os._exit(3)\n"
    told = ask("repair", repository(tmp_path / "repo", {"shop.py": SHOP, "tests/test_end.py": ending}))
    assert told["reason"]["code"] == "no_tests"
    assert told["reason"]["message"].startswith("The tests end their interpreter before they are over")


def test_uncommitted_changes_are_refused(tmp_path):
    folder = repository(tmp_path / "repo", {"shop.py": SHOP, "tests/test_shop.py": TESTS})
    (folder / "more.py").write_text("x = 1\n", encoding="utf-8")
    told = ask("repair", folder)
    assert told["reason"]["code"] == "dirty"
    assert "more.py" in told["reason"]["message"]


def test_a_folder_without_a_repository_is_refused(tmp_path):
    assert ask("repair", tmp_path)["reason"]["code"] == "not_a_repository"


def test_hooks_and_settings_of_the_repository_are_never_run(tmp_path):
    filtered = {"shop.py": SHOP, "tests/test_shop.py": TESTS, ".gitattributes": "*.py filter=evil\n"}
    folder = repository(tmp_path / "repo", filtered)
    trap = tmp_path / "sprung"
    for name in ("post-checkout", "post-commit", "reference-transaction", "post-index-change"):
        hook = folder / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {trap}\n", encoding="utf-8")
        hook.chmod(0o755)
    traps = ("core.fsmonitor", ""), ("filter.evil.clean", "; cat"), ("filter.evil.smudge", "; cat")
    for key, ending in traps:
        git(folder, "config", key, f"touch {trap}{ending}")
    trap.unlink(missing_ok=True)
    checkout = workshop_in(UnconfinedSandbox()).open_repository(folder)
    checkout.dirt()
    (tmp_path / "copy").mkdir()
    assert "shop.py" in checkout.copy(tmp_path / "copy")
    checkout.commit({"shop.py": b"x = 1\n"}, branch="grace/fix", message="fix")
    assert not trap.exists()


BITS = """def count(n):
    found = 0
    while n:
        n ^= n - 1
        found += 1
    return found
"""
BIT_TESTS = """import pytest

from bits import count


@pytest.mark.parametrize(("n", "wanted"), [(127, 7), (128, 1), (5, 2)])
def test_count(n, wanted):
    assert count(n) == wanted
"""


@pytest.mark.fleet
def test_a_loop_without_an_end_is_found_and_repaired(tmp_path):
    folder = repository(tmp_path / "repo", {"bits.py": BITS, "test_bits.py": BIT_TESTS})
    told = ask("repair", folder, budget_s=240.0)
    assert told["verified"], told["reason"]
    assert "+        n &= n - 1" in told["patches"][0]
