"""A plan of intents in a real repository: one branch, one commit, and a step that breaks the suite is left out."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, CodingWork, undertake
from grace_workers.orchestration.work.tasks import TaskState
from tests.acceptance.command_line import grace
from tests.integration.coding.fleet import asked, ward_of
from tests.integration.coding.repositories import COMMAND, git, repository
from tests.integration.coding.test_fleet import branches, checkout, task
from tests.unconfined import UnconfinedSandbox
from tests.unit.coding.test_planned import CART, STOCK

TESTS = """import inspect

from shop import cart, stock


def test_totals():
    assert cart.total([1, 2]) == stock.weight([1, 2]) == 3


def test_the_stock_keeps_its_words():
    assert "number += part" in inspect.getsource(stock)
"""
STEPS = [{"intent": "remove_duplication"}, {"intent": "improve_logging"}, {"intent": "normalise_calls"}]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Code with repetition that a test looks at, a formatted log line, and no types."""
    files = {"shop/__init__.py": "", "shop/cart.py": CART, "shop/stock.py": STOCK, "tests/test_shop.py": TESTS}
    made: Path = repository(tmp_path_factory.mktemp("plans") / "repo", files)
    return made


def test_a_step_that_breaks_the_suite_is_left_out_with_its_reason_and_the_others_stay(shop: Path) -> None:
    workshop = workshop_in(UnconfinedSandbox())
    bench = Bench(
        workshop=workshop, repository=workshop.open_branch(shop, "main"), command=COMMAND, seconds=120.0, label="x"
    )
    work: CodingWork = undertake("refactor", {"steps": STEPS, "targets": ["shop"]}, bench)
    assert work.reason is None, work
    made = {name: content.decode() for name, content in work.files.items()}
    assert "_shared" not in "".join(made.values())
    assert 'log.info("total of %s", result)' in made["shop/cart.py"]
    story = "\n".join(work.story)
    assert "remove_duplication changed nothing" in story
    assert "because it changes tests/test_shop.py::test_the_stock_keeps_its_words" in story
    assert "improve_logging changed shop/cart.py" in story
    assert "the suite has the same results before and after" in story


def test_a_plan_from_the_command_line_is_one_commit_and_a_second_run_a_no_op(shop: Path) -> None:
    before = checkout(shop)
    steps = shop.parent / "steps.yaml"
    steps.write_text(json.dumps({"steps": STEPS[1:]}))
    line = ("--plan", "steps.yaml", "--repo", "repo", "--python", sys.executable, "--json", "--pytest=-pno:kmock")
    done = grace(shop.parent, "code", "refactor", *line, "shop", "--branch", "tidy")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["branch"], told["level"]) == ("tidy", "safe")
    assert git(shop, "rev-list", "--count", "main..tidy").strip() == "1"
    assert "by improve_logging" in git(shop, "log", "-1", "--format=%s", "tidy")
    assert checkout(shop) == before
    git(shop, "worktree", "add", "-q", str(shop.parent / "tidied"), "tidy")
    again = grace(shop.parent, "code", "refactor", *line[:3], "tidied", *line[4:], "shop")
    assert again.returncode == 1
    assert json.loads(again.stdout)["reason"]["code"] == "nothing_to_do"


@pytest.mark.fleet
def test_the_fleet_makes_one_branch_of_a_named_plan(shop: Path) -> None:
    ward = ward_of(shop)
    known = set(branches(shop))
    order: dict[str, Any] = {"intent": "clean", "targets": ["shop"]}
    job = asked(ward, "refactor", arguments=order, seconds=200.0)
    ward.work()
    found = task(ward, job.id)
    assert found.state is TaskState.SUCCEEDED, found
    (branch,) = set(branches(shop)) - known
    assert git(shop, "rev-list", "--count", f"main..{branch}").strip() == "1"
    message = git(shop, "log", "-1", "--format=%B", branch)
    for words in ("remove_duplication changed nothing", "improve_logging changed shop/cart.py", "split_large_file"):
        assert words in message
