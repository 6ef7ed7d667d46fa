"""An explanation of a real repository: its history, its index from one commit to the next, and the commands."""

from datetime import UTC, datetime

import pytest

from grace_workers.adapters.files.index_folder import IndexFolder
from grace_workers.adapters.git.branch_tip import BranchTip
from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.adapters.git.history import authored_by
from grace_workers.bootstrap.coding import workshop_in
from grace_workers.coding import Bench, undertake
from grace_workers.coding.engines.index.keeping import indexed
from tests.integration.coding.repositories import git, repository, state
from tests.unconfined import UnconfinedSandbox

FILES = {
    "shop/__init__.py": "",
    "shop/order.py": "def price(number):\n    return number * 2\n",
    "shop/till.py": "from shop.order import price\n\n\ndef close():\n    return price(2)\n",
    "link.py": "",
}


@pytest.fixture
def shop(tmp_path):
    folder = repository(tmp_path / "shop", FILES)
    (folder / "link.py").unlink()
    (folder / "link.py").symlink_to("shop/order.py")
    commit(folder, "Ann Ärger", "link")
    return folder


def commit(folder, author, subject):
    git(folder, "add", "-A")
    git(folder, "-c", f"user.name={author}", "-c", "user.email=x@example.org", "commit", "-qm", subject)


def explained(folder, indexes, subject):
    workshop = workshop_in(UnconfinedSandbox(), indexes=indexes)
    repo = workshop.open_repository(folder)
    return undertake(
        "explain",
        {"subject": subject},
        Bench(workshop=workshop, repository=repo, command=(), seconds=30.0, label="test"),
    )


@pytest.mark.parametrize("opened", [GitCheckout, lambda path: BranchTip(path, "main")])
def test_files_of_a_commit_have_contents_and_links_are_left_out(shop, opened):
    repo = opened(shop)
    blobs = repo.blobs()
    assert sorted(blobs) == ["shop/__init__.py", "shop/order.py", "shop/till.py"]
    assert repo.contents([blobs["shop/order.py"]]) == {blobs["shop/order.py"]: FILES["shop/order.py"].encode()}


@pytest.mark.parametrize("opened", [GitCheckout, lambda path: BranchTip(path, "main")])
def test_the_history_says_who_changed_and_moved_what(shop, opened):
    first = opened(shop).head()
    git(shop, "mv", "shop/till.py", "shop/desk till.py")
    commit(shop, "Bo\x01b", "move")
    (shop / "shop/order.py").unlink()
    (shop / "new\nline.py").write_text("x = 1\n")
    commit(shop, "Cy", "less and more")
    found = [(one.author, one.files, dict(one.moved)) for one in opened(shop).authored(first)]
    # A name with a control character cannot be told from the end of a commit, so Git itself drops it or we do.
    assert found[-1] == ("Cy", ("new\nline.py",), {})
    assert [files for _, files, _ in found][:-1] in ([], [("shop/desk till.py",)])
    everything = opened(shop).authored(None)
    assert [one.author for one in everything][:2] == ["a", "Ann Ärger"]


def test_a_commit_that_is_no_ancestor_is_told(shop):
    git(shop, "checkout", "-q", "-b", "other")
    (shop / "x.py").write_text("")
    commit(shop, "Ann", "aside")
    aside = GitCheckout(shop).head()
    git(shop, "checkout", "-q", "main")
    assert GitCheckout(shop).authored(aside) is None
    assert GitCheckout(shop).authored("0" * 40) is None


def test_a_shallow_clone_has_the_history_that_it_has(shop, tmp_path):
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{shop}", "shallow")
    assert len(GitCheckout(tmp_path / "shallow").authored(None)) == 1


def test_only_what_changed_since_the_last_question_is_read_again(shop, tmp_path):
    first = explained(shop, tmp_path / "indexes", "shop.order.price")
    assert "3 files were read, 0 were known" in first.story[0]
    assert [one["place"] for one in first.answer["callers"]] == ["shop/till.py::close"]
    (shop / "shop/till.py").write_text("from shop.order import price\n\n\ndef open_till():\n    return price(2)\n")
    commit(shop, "Bob", "Rename what opens the till")
    second = explained(shop, tmp_path / "indexes", "shop.order.price")
    assert "1 files were read, 2 were known" in second.story[0]
    assert [one["place"] for one in second.answer["callers"]] == ["shop/till.py::open_till"]
    till = explained(shop, tmp_path / "indexes", "shop.till").answer
    assert [one["name"] for one in till["owners"]] == ["Bob", "a"]
    assert [one["subject"] for one in till["changes"]] == ["Rename what opens the till"]
    assert (
        explained(shop, tmp_path / "indexes", "shop.till")
        .story[0]
        .endswith("0 files were read, 3 were known from before")
    )


def test_a_rewritten_history_counts_anew(shop, tmp_path):
    store = IndexFolder(tmp_path / "indexes")
    (shop / "shop/till.py").write_text("x = 1\n")
    commit(shop, "Bob", "gone soon")
    assert [one.name for one in indexed(GitCheckout(shop), store, "1").ownership.owners("shop/till.py")] == ["Bob", "a"]
    git(shop, "reset", "-q", "--hard", "HEAD^")
    assert [one.name for one in indexed(GitCheckout(shop), store, "1").ownership.owners("shop/till.py")] == ["a"]


def test_three_indexes_of_a_repository_are_kept_for_this_user_alone(tmp_path):
    store = IndexFolder(tmp_path / "indexes")
    for number in range(5):
        store.save("shop", f"commit{number}", f"{number}".encode())
    store.save("bank", "commit0", b"other")
    kept = sorted(one.name for one in (tmp_path / "indexes").glob("*/commit*"))
    assert kept == ["commit0", "commit2", "commit3", "commit4"]
    assert store.load("shop", "commit3") == b"3"
    assert store.load("shop", "commit9") == b"4"
    assert store.load("none", "commit9") is None
    assert {oct(one.stat().st_mode & 0o777) for one in (tmp_path / "indexes").glob("*")} == {"0o700"}


def test_an_index_that_cannot_be_kept_answers_and_says_why(shop, tmp_path):
    (tmp_path / "indexes").write_text("a file")
    found = explained(shop, tmp_path / "indexes", "shop.order.price")
    assert found.answer["place"] == "shop/order.py::price"
    assert found.story[1] == "the index could not be kept: Not a directory"


def test_nothing_of_the_repository_runs_and_its_checkout_stays(shop, tmp_path):
    (shop / ".git/hooks/post-index-change").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (shop / ".git/hooks/post-index-change").chmod(0o755)
    before = state(shop)
    explained(shop, tmp_path / "indexes", "shop.order.price")
    assert not (tmp_path / "ran").exists()
    assert state(shop) == before


def test_a_commit_of_a_time_that_no_calendar_has_counts_as_of_the_last_one() -> None:
    told = b"\x01ann\x0099999999999999\x00\nM\x00a.py\x00"
    (found,) = authored_by(lambda *_: told, "head", None) or ()
    assert (found.author, found.files) == ("ann", ("a.py",))
    assert datetime.fromtimestamp(found.at, UTC).year == 9999
