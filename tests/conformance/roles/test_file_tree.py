"""What every `FileTree` promises. A stand is an empty tree of 1000 bytes, with a way to put files into it and look."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.actions import FileTree
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.testing import MemoryTree
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.stands import Tree
from tests.sight import need_every_process


@pytest.fixture(params=implementations(FileTree))
def tree(request: pytest.FixtureRequest) -> Iterator[Tree]:
    if request.param == "memory":
        yield _in_memory()
        return
    with stand(request.param, FileTree, request) as made:
        yield made


def _in_memory() -> Tree:
    memory = MemoryTree(quota=1000, now=datetime.now(UTC))

    def put(path: str, content: bytes, hours: int) -> None:
        memory.put(path, content, memory.now - timedelta(hours=hours))

    return Tree(memory, put, lambda: {path: content for path, (content, _) in memory.files.items()})


def test_usage_counts_every_file(tree: Tree) -> None:
    tree.put("a", b"x" * 100, 0)
    tree.put("d/b", b"x" * 150, 0)
    assert (tree.role.usage().used, tree.role.usage().ratio) == (250, 0.25)


def test_files_are_found_oldest_first_and_by_age(tree: Tree) -> None:
    for hours, path in enumerate(["new.log", "d/mid.log", "old.log", "other.txt"]):
        tree.put(path, b"x", hours)
    assert [one.path for one in tree.role.find(["**/*.log"])] == ["old.log", "d/mid.log", "new.log"]
    assert [one.path for one in tree.role.find(["**/*.log"], older_than=timedelta(minutes=90))] == ["old.log"]


@pytest.mark.parametrize("pattern", ["../x", "/x", "a/../b", "", "a\x00"])
def test_a_pattern_that_leaves_the_root_is_refused(tree: Tree, pattern: str) -> None:
    with pytest.raises(InputError):
        tree.role.find([pattern])


def test_what_was_stashed_is_removed_and_restored(tree: Tree) -> None:
    tree.put("a.log", b"first", 3)
    tree.put("d/b.log", b"second", 2)
    before, found = tree.look(), tree.role.find(["**"])
    stash = tree.role.stash([one.path for one in found], "key")
    assert (stash.key, stash.files, stash.size) == ("key", 2, 11)
    removal = tree.role.remove("key")
    assert (removal.removed, removal.freed, removal.kept) == (2, 11, 0)
    assert tree.look() == {}
    assert tree.role.present("key").missing == 2
    assert tree.role.unstash("key") == 2
    assert (before, found) == (tree.look(), tree.role.find(["**"]))
    assert tree.role.present("key").unchanged == 2


def test_stashing_again_under_one_key_keeps_the_first_copy(tree: Tree) -> None:
    tree.put("a.log", b"first", 3)
    first = tree.role.stash(["a.log"], "key")
    tree.put("a.log", b"other content", 1)
    assert first == tree.role.stash(["a.log"], "key")
    assert tree.role.remove("key").kept == 1


def test_removing_and_putting_back_again_change_nothing(tree: Tree) -> None:
    tree.put("a.log", b"first", 3)
    tree.role.stash(["a.log"], "key")
    tree.role.remove("key")
    again = tree.role.remove("key")
    assert (again.removed, again.freed, again.kept) == (0, 0, 0)
    tree.role.unstash("key")
    assert tree.role.unstash("key") == 0


def test_a_newer_file_is_neither_removed_nor_overwritten(tree: Tree) -> None:
    tree.put("a.log", b"first", 3)
    tree.role.stash(["a.log"], "key")
    tree.put("a.log", b"newer", 1)
    assert tree.role.remove("key").removed == 0
    assert tree.role.unstash("key") == 0
    assert tree.look() == {"a.log": b"newer"}
    assert tree.role.present("key").replaced == 1


def test_a_file_that_is_gone_is_not_in_the_stash(tree: Tree) -> None:
    tree.put("a.log", b"first", 3)
    assert tree.role.stash(["a.log", "ghost.log"], "key").files == 1


def test_an_empty_stash_is_a_stash(tree: Tree) -> None:
    assert tree.role.stash([], "key").files == 0
    assert tree.role.remove("key").removed == 0
    assert tree.role.present("key").missing == 0


def test_an_unknown_stash_is_named(tree: Tree) -> None:
    for act in (tree.role.remove, tree.role.unstash, tree.role.present):
        with pytest.raises(NotFoundError, match="ghost"):
            act("ghost")


def test_a_lock_is_stale_once_the_process_that_it_names_has_ended(tree: Tree) -> None:
    for path, content in (("ended.lock", b"4194303999\n"), ("words.lock", b"locked by ann"), ("empty.lock", b"")):
        tree.put(path, content, 1)
    if isinstance(tree.role, MemoryTree):
        tree.role.running = {os.getpid()}
    else:
        need_every_process()
    tree.put("alive.lock", str(os.getpid()).encode(), 0)
    assert [one.path for one in tree.role.stale_locks(["*.lock"])] == ["ended.lock"]
    assert tree.role.stale_locks(["*.lock"], older_than=timedelta(hours=2)) == []


def test_a_file_gets_another_name_and_never_takes_the_place_of_one(tree: Tree) -> None:
    tree.put("a.log", b"first", 1)
    assert tree.role.rename("a.log", "b.log") is True
    assert tree.role.rename("a.log", "b.log") is False
    tree.put("a.log", b"second", 1)
    with pytest.raises(ConflictError):
        tree.role.rename("a.log", "b.log")
    assert tree.look() == {"a.log": b"second", "b.log": b"first"}


@pytest.mark.parametrize("to", ["../b.log", "/b.log", "d/b.log", ""])
def test_a_name_in_another_folder_is_refused(tree: Tree, to: str) -> None:
    tree.put("a.log", b"first", 1)
    with pytest.raises(InputError):
        tree.role.rename("a.log", to)
