"""Coding tasks at a bench, from the branch of a real repository to a patch."""

import subprocess
from pathlib import Path

import pytest

from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, CodingWork, TaskMode, patch_of, settled, undertake
from grace_workers.foundation.errors import NotFoundError
from tests.integration.coding.repositories import COMMAND, git, repository, state
from tests.unconfined import UnconfinedSandbox

CART = '''"""Carts."""


def mean(prices):
    return sum(prices) / len(prices)


def label(names):
    return ", ".join(sorted(names))


def receipt(prices, names):
    return f"{label(names)}: {mean(prices):.2f}"
'''
TESTS = """from shop.cart import label, receipt


def test_label():
    assert label(["tea", "honey"]) == "honey, tea"


def test_receipt():
    assert receipt([2, 3, 7], ["tea"]) == "tea: 4.00"
"""
TRACEBACK = """2026-01-02 03:04:05 ERROR the page failed
Traceback (most recent call last):
  File "/srv/app/releases/42/shop/web.py", line 20, in page
    return receipt(cart.prices, cart.names)
  File "/srv/app/releases/42/shop/cart.py", line 13, in receipt
    return f"{label(names)}: {mean(prices):.2f}"
  File "/srv/app/releases/42/shop/cart.py", line 5, in mean
    return sum(prices) / len(prices)
ZeroDivisionError: division by zero
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    made: Path = repository(
        tmp_path / "repo", {"shop/__init__.py": "", "shop/cart.py": CART, "tests/test_cart.py": TESTS}
    )
    return made


def worked(folder: Path, task: str, arguments: dict[str, object], **more: object) -> CodingWork:
    workshop = workshop_in(UnconfinedSandbox())
    bench = Bench(
        workshop=workshop,
        repository=workshop.open_branch(folder, "main"),
        command=COMMAND,
        seconds=float(str(more.get("seconds", 45))),
        label="incident_0190",
    )
    return undertake(task, arguments, bench)  # type: ignore[arg-type]


def test_a_reported_error_gets_a_test_and_a_patch_that_passes_it(shop: Path) -> None:
    (shop / "shop" / "cart.py").write_text("work in progress, not committed\n")
    before = state(shop)
    work = worked(shop, "fix_bug", {"traceback": TRACEBACK})
    assert work.reason is None, work
    assert set(work.files) == {"shop/cart.py", "tests/test_incident_0190.py"}
    assert state(shop) == before
    assert work.subject == "Fix ZeroDivisionError: division by zero in mean"
    git(shop, "checkout", "--force", "--quiet", "main")
    subprocess.run(["git", "apply"], cwd=shop, input=patch_of(work), text=True, check=True)
    assert "from shop.cart import mean" in (shop / "tests/test_incident_0190.py").read_text()
    assert subprocess.run(COMMAND, cwd=shop, check=False).returncode == 0


def test_an_error_in_other_code_is_refused_with_its_words(shop: Path) -> None:
    work = worked(shop, "fix_bug", {"traceback": TRACEBACK.replace("shop/cart.py", "billing/pay.py")})
    assert work.reason is not None
    assert "No frame of 'ZeroDivisionError: division by zero'" in work.reason.message


def test_an_error_that_no_input_raises_again_is_refused(shop: Path) -> None:
    work = worked(
        shop, "fix_bug", {"traceback": TRACEBACK.replace("ZeroDivisionError: division by zero", "OSError: x")}
    )
    assert work.reason is not None
    assert "No input that was tried raises 'OSError: x' again; called were: mean, receipt" in work.reason.message


def test_a_dotted_name_is_refactored_in_the_commit_and_not_in_the_checkout(shop: Path) -> None:
    options = {"line": 4, "name": "unused"}
    work = worked(shop, "refactor", {"intent": "extract_readiness", "targets": ["shop.cart.mean"], "options": options})
    assert work.reason is not None
    assert work.story[0] == "extract_readiness of shop/cart.py::mean"


def test_a_patch_with_a_danger_is_refused(tmp_path: Path) -> None:
    block = "def run(name):\n    import os\n\n    os.system(name)\n    return 1\n"
    test = "from shop import run\n\n\ndef test_run():\n    assert run('true') == 1\n"
    folder = repository(tmp_path / "repo", {"shop.py": block, "tests/test_shop.py": test})
    options = {"first_line": 2, "last_line": 4, "name": "_go"}
    work = worked(folder, "refactor", {"intent": "extract_method", "targets": ["shop.py::run"], "options": options})
    # The danger was there before, so the move of it brings nothing in.
    assert work.reason is None


def test_a_task_that_nothing_does_is_refused_with_those_that_are_done(shop: Path) -> None:
    with pytest.raises(NotFoundError, match="unknown coding_task 'beautify'; known: add_tests, "):
        worked(shop, "beautify", {})


SLUG = """import re


def slug(title):
    words = re.findall(r"[a-z]+", title.lower())
    return "-".join(words[:4])
"""
QUICK = """def slug(title):
    seen = {}
    for at, letter in enumerate(title):
        seen[letter] = at
    return str(seen)
"""
SLUGS = "from slugs import slug\n\n\ndef test_slug():\n    assert slug('The Old, Old Man') == 'the-old-old-man'\n"


@pytest.mark.fleet
def test_what_no_edit_mends_is_answered_with_the_revert_that_does_and_a_person_reads_it(tmp_path: Path) -> None:
    folder = repository(tmp_path / "repo", {"slugs.py": SLUG, "tests/test_slugs.py": SLUGS, "notes.txt": "a\n"})
    for name, text, subject in (("slugs.py", QUICK, "Make slugs quick"), ("notes.txt", "b\n", "Take notes")):
        (folder / name).write_text(text)
        git(folder, "commit", "-q", "-a", "-m", subject)
    before = state(folder)
    work = worked(folder, "fix_bug", {}, seconds=30)
    assert work.reason is None, work
    assert work.subject.startswith("Revert ")
    assert work.subject.endswith("(Make slugs quick)")
    assert {name: content.decode() for name, content in work.files.items()} == {"slugs.py": SLUG}
    assert settled(TaskMode.LIVE, work) is TaskMode.REVIEW
    assert state(folder) == before
