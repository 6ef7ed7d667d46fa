"""What a user of the coding agent gets: a branch with a verified commit, and an unchanged checkout."""

import json
import sys

import pytest

from tests.acceptance.command_line import grace
from tests.integration.coding.repositories import git, repository, state

SOURCE = "def last(items):\n    return items[len(items)]\n"
TESTS = "from shelf import last\n\n\ndef test_last():\n    assert last([3, 4]) == 4\n    assert last('abc') == 'c'\n"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    return repository(tmp_path_factory.mktemp("code") / "repo", {"shelf.py": SOURCE, "test_shelf.py": TESTS})


def test_code_is_fixed_on_a_branch_of_its_own(faulty):
    files, references, head = state(faulty)
    done = grace(
        faulty.parent,
        "code",
        "fix",
        "repo",
        "--python",
        sys.executable,
        "--branch",
        "mended",
        "--json",
        "--",
        "-p",
        "no:kmock",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["verified"], told["branch"]) == (True, "mended")
    assert git(faulty, "rev-parse", "mended^") == head
    assert git(faulty, "diff", "--name-only", "main", "mended") == "shelf.py\n"
    after, now, same = state(faulty)
    assert {name: after[name] for name in files} == files
    assert (now.replace(f"{git(faulty, 'rev-parse', 'mended').strip()} commit\trefs/heads/mended\n", ""), same) == (
        references,
        head,
    )


def test_a_repository_whose_tests_pass_is_left_alone_with_a_reason(faulty, tmp_path):
    folder = repository(tmp_path / "repo", {"shelf.py": SOURCE.replace("len(items)", "-1"), "test_shelf.py": TESTS})
    done = grace(tmp_path, "code", "fix", "repo", "--python", sys.executable, "--", "-p", "no:kmock")
    assert done.returncode == 1
    assert "All 1 tests pass" in done.stderr
    assert git(folder, "branch", "--list") == "* main\n"
