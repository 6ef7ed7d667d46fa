"""What a user of the coding agent gets: a branch with a verified commit, and an unchanged checkout."""

import json
import sys

import psycopg
import pytest

from tests.acceptance.command_line import grace
from tests.integration.coding.model_server import model_server, said
from tests.integration.coding.repositories import git, repository, state
from tests.integration.coding.test_model import BODY, PAIRS, blocks
from tests.integration.coding.test_model import TESTS as PAIR_TESTS

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


def test_a_name_and_a_traceback_are_explained(faulty, tmp_path):
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = grace(faulty, "code", "explain", "last", "--json", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["answer"]["place"], told["answer"]["tests"]) == ("shelf.py::last", ["test_shelf.py::test_last"])
    place = f'  File "{faulty}/shelf.py", line 2, in last\n    return items[len(items)]\n'
    trace = f"Traceback (most recent call last):\n{place}"
    (tmp_path / "error.log").write_text(f"{trace}IndexError: list index out of range\n")
    done = grace(faulty, "code", "explain", "--traceback", str(tmp_path / "error.log"), **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "shelf.py::last:1  function last(items)" in done.stdout
    assert "test_shelf.py::test_last" in done.stdout
    assert "0 files were read, 2 were known from before" in done.stdout
    (faulty / "grace.yaml").write_text("causes: [made-by-a-stranger]\n")
    done = grace(faulty, "code", "explain", "last", **environment)
    (faulty / "grace.yaml").unlink()
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "no language model is asked: grace.yaml lies in the repository" in done.stdout
    assert grace(faulty, "code", "explain", "nothing_here", **environment).returncode == 1
    assert "name what to explain" in grace(faulty, "code", "explain", **environment).stderr


def test_a_repository_whose_tests_pass_is_left_alone_with_a_reason(faulty, tmp_path):
    folder = repository(tmp_path / "repo", {"shelf.py": SOURCE.replace("len(items)", "-1"), "test_shelf.py": TESTS})
    done = grace(tmp_path, "code", "fix", "repo", "--python", sys.executable, "--", "-p", "no:kmock")
    assert done.returncode == 1
    assert "All 1 tests pass" in done.stderr
    assert git(folder, "branch", "--list") == "* main\n"


@pytest.mark.fleet
def test_a_recipe_builds_on_a_branch_and_a_wrong_one_lists_all(tmp_path):
    pay = "def charge(amount):\n    return amount\n"
    tests = "from pay import charge\n\n\ndef test_charge():\n    assert charge(2) == 2\n"
    folder = repository(tmp_path / "repo", {"pay.py": pay, "tests/test_pay.py": tests, "conftest.py": ""})
    usual = ("--repo", "repo", "--python", sys.executable, "--pytest=-p", "--pytest=no:kmock", "--json")
    done = grace(tmp_path, "code", "integrate", "tries", *usual)
    assert done.returncode == 1
    assert "retry (" in json.loads(done.stdout)["reason"]["message"]
    options = ("--option", "function=pay.py::charge", "--option", 'errors=["OSError"]', "--option", "attempts=4")
    done = grace(tmp_path, "code", "integrate", "retry", *options, *usual)
    assert done.returncode == 0, done.stdout + done.stderr
    branch = json.loads(done.stdout)["branch"]
    assert "@retrying(OSError, attempts=4)" in git(folder, "show", f"{branch}:pay.py")
    assert (folder / "pay.py").read_text() == pay


@pytest.fixture
def hard(tmp_path):
    """Code that no single edit repairs."""
    return repository(tmp_path / "repo", {"pairs.py": PAIRS, "tests/test_pairs.py": PAIR_TESTS, "conftest.py": ""})


def fixed(hard, **environment):
    line = ("code", "fix", "repo", "--suspect", "pairs.py::version", "--python", sys.executable, "--json")
    done = grace(hard.parent, *line, "--", "-p", "no:kmock", **environment)
    return done, json.loads(done.stdout)


def test_where_the_search_finds_nothing_a_declared_model_is_asked_and_its_tokens_count_for_the_fleet(
    hard, database_url, broker_url
):
    with model_server() as server:
        server.plays = [said(blocks(BODY))]
        done, told = fixed(
            hard,
            GRACE_MODEL__URL=server.url,
            GRACE_MODEL__NAME="small",
            GRACE_DATABASE__URL=database_url,
            GRACE_BROKER__URL=broker_url,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (told["verified"], told["review_only"]) == (True, True)
    assert "a language model wrote it, so a person must read it" in git(
        hard, "log", "-1", "--format=%B", told["branch"]
    )
    with psycopg.connect(database_url) as session:
        assert session.execute("SELECT answers, tokens, pending_tokens FROM model_use").fetchall() == [(1, 550, 0)]


@pytest.mark.fleet
def test_without_the_fleets_database_no_model_is_asked_and_nor_by_settings_that_came_with_the_code(hard):
    with model_server() as server:
        declared = {"GRACE_MODEL__URL": server.url, "GRACE_MODEL__NAME": "small"}
        done, told = fixed(hard, **declared)
        assert (done.returncode, told["verified"]) == (1, False)
        assert "the language model small is not asked, because its limits of a day are kept" in told["story"][0]
        (hard / "grace.yaml").write_text(json.dumps({"model": {"url": server.url, "name": "small"}}))
        git(hard, "add", "grace.yaml")
        git(hard, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "settings")
        line = ("code", "fix", ".", "--suspect", "pairs.py::version", "--python", sys.executable, "--json")
        done = grace(hard, *line, "--", "-p", "no:kmock")
        assert "grace.yaml lies in the repository; name it with --config" in json.loads(done.stdout)["story"][0]
        assert server.asked == []
