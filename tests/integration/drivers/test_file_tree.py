"""A directory tree under attack: links, swaps, odd files, full disks. Nothing outside the root is ever touched."""

import fcntl
import os
import shutil
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grace_workers.drivers.files.tree import DirectoryTree
from grace_workers.foundation.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
    PermanentError,
)
from tests.conformance.primitive_cases import shape

ROOT = Path(__file__).parent.parent.parent.parent


class Later:
    """A clock that shows a future moment."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    made.mkdir()
    return made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    made = tmp_path / "outside"
    made.mkdir()
    (made / "precious.log").write_text("keep me")
    return made


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> DirectoryTree:
    return DirectoryTree(root, tmp_path / "stash", quota=1_000_000)


def paths(tree: DirectoryTree, *patterns: str) -> list[str]:
    return [entry.path for entry in tree.find(patterns or ("**",))]


def test_a_link_to_a_file_is_neither_found_nor_counted(tree: DirectoryTree, root: Path, outside: Path) -> None:
    (root / "link.log").symlink_to(outside / "precious.log")
    assert paths(tree) == []
    assert tree.usage().used == 0


def test_a_link_to_a_folder_is_not_entered(tree: DirectoryTree, root: Path, outside: Path) -> None:
    (root / "logs").symlink_to(outside)
    assert paths(tree) == []


def test_a_loop_of_links_ends(tree: DirectoryTree, root: Path) -> None:
    (root / "loop").symlink_to(root)
    (root / "a.log").write_text("a")
    assert paths(tree) == ["a.log"]


def test_a_file_with_a_second_name_is_left_out(tree: DirectoryTree, root: Path, outside: Path) -> None:
    os.link(outside / "precious.log", root / "app.log")
    assert paths(tree) == []
    assert tree.stash(["app.log"], "key").files == 0


def test_a_file_that_gets_a_second_name_after_the_stash_stays(tree: DirectoryTree, root: Path, outside: Path) -> None:
    (root / "app.log").write_text("line")
    tree.stash(["app.log"], "key")
    os.link(root / "app.log", outside / "second.log")
    assert tree.remove("key").kept == 1
    assert (root / "app.log").exists()


def test_fifos_sockets_and_devices_are_passed_by(tree: DirectoryTree, root: Path) -> None:
    os.mkfifo(root / "pipe.log")
    if os.geteuid() == 0:
        os.mknod(root / "null.log", 0o20666, os.makedev(1, 3))
    (root / "app.log").write_text("line")
    assert paths(tree) == ["app.log"]


@pytest.mark.timeout(20)
def test_a_fifo_put_in_a_files_place_does_not_stop_the_stash(tree: DirectoryTree, root: Path) -> None:
    os.mkfifo(root / "app.log")
    assert tree.stash(["app.log"], "key").files == 0


def test_a_folder_in_a_files_place_is_not_stashed(tree: DirectoryTree, root: Path) -> None:
    (root / "app.log").mkdir()
    assert tree.stash(["app.log"], "key").files == 0


def test_a_file_replaced_after_the_stash_stays(tree: DirectoryTree, root: Path) -> None:
    (root / "app.log").write_text("first")
    tree.stash(["app.log"], "key")
    (root / "new").write_text("other")
    (root / "new").rename(root / "app.log")
    assert (tree.remove("key").removed, (root / "app.log").read_text()) == (0, "other")


def test_a_file_rewritten_with_its_old_time_stays(tree: DirectoryTree, root: Path) -> None:
    path = root / "app.log"
    path.write_text("first")
    before = path.stat()
    tree.stash(["app.log"], "key")
    path.write_text("other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert tree.remove("key").kept == 1
    assert path.read_text() == "other"


def test_a_file_replaced_by_a_link_is_not_removed_through_it(tree: DirectoryTree, root: Path, outside: Path) -> None:
    (root / "app.log").write_text("line")
    tree.stash(["app.log"], "key")
    (root / "app.log").unlink()
    (root / "app.log").symlink_to(outside / "precious.log")
    assert tree.remove("key").removed == 0
    assert (outside / "precious.log").read_text() == "keep me"
    assert (root / "app.log").is_symlink()


def test_a_folder_replaced_by_a_link_is_not_entered_by_remove(tree: DirectoryTree, root: Path, outside: Path) -> None:
    (root / "logs").mkdir()
    (root / "logs" / "precious.log").write_text("old log")
    tree.stash(["logs/precious.log"], "key")
    shutil.rmtree(root / "logs")
    (root / "logs").symlink_to(outside)
    assert tree.remove("key").removed == 0
    assert (outside / "precious.log").read_text() == "keep me"


def test_nothing_is_restored_through_a_link(tree: DirectoryTree, root: Path, outside: Path) -> None:
    (root / "logs").mkdir()
    (root / "logs" / "a.log").write_text("a")
    (root / "b.log").write_text("b")
    tree.stash(["logs/a.log", "b.log"], "key")
    tree.remove("key")
    (root / "logs").rmdir()
    (root / "logs").symlink_to(outside)
    with pytest.raises(ConflictError, match=r"logs/a\.log"):
        tree.unstash("key")
    assert (root / "b.log").read_text() == "b"
    assert [path.name for path in outside.iterdir()] == ["precious.log"]
    assert tree.present("key").missing == 1


def swap(logs: Path, aside: Path, outside: Path, stop: threading.Event) -> None:
    """Replace the folder by a link and back again, repeatedly."""
    while not stop.is_set():
        # The tree makes the folder again when it restores files, so each move may find it there or gone.
        with suppress(OSError):
            logs.rename(aside)
        with suppress(OSError):
            logs.symlink_to(outside)
        with suppress(OSError):
            logs.unlink()
        with suppress(OSError):
            aside.rename(logs)
        if aside.exists():
            shutil.rmtree(aside)


@pytest.mark.timeout(60)
def test_a_folder_swapped_for_a_link_again_and_again_never_costs_an_outside_file(
    tree: DirectoryTree, root: Path, outside: Path, tmp_path: Path
) -> None:
    names = [f"{number}.log" for number in range(20)]
    for name in names:
        (outside / name).write_text("keep me")
    stop = threading.Event()
    swapper = threading.Thread(target=swap, args=(root / "logs", tmp_path / "aside", outside, stop))
    (root / "logs").mkdir()
    for name in names:
        (root / "logs" / name).write_text("old log")
    swapper.start()
    try:
        for attempt in range(40):
            tree.stash(paths(tree, "**/*.log"), f"key-{attempt}")
            tree.remove(f"key-{attempt}")
            try:
                tree.unstash(f"key-{attempt}")
            except ConflictError:
                continue
    finally:
        stop.set()
        swapper.join()
    assert {path.name: path.read_text() for path in outside.glob("[0-9]*.log")} == dict.fromkeys(names, "keep me")
    assert (outside / "precious.log").read_text() == "keep me"


@pytest.mark.parametrize("path", ["../outside/precious.log", "/etc/passwd", "a/../../x", "", ".", "a//b", "a\x00b"])
def test_a_path_that_leaves_the_root_is_refused(tree: DirectoryTree, path: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        tree.stash([path], "key")
    assert not (tmp_path / "stash").exists()


@pytest.mark.parametrize("pattern", ["../*", "/etc/*", "a/../*", ""])
def test_a_pattern_that_leaves_the_root_is_refused(tree: DirectoryTree, pattern: str) -> None:
    with pytest.raises(InputError):
        tree.find([pattern])


@pytest.mark.parametrize("key", ["../x", "a/b", "", ".hidden", "A", "x" * 65, "a\x00"])
def test_a_key_that_is_no_plain_word_is_refused(tree: DirectoryTree, key: str) -> None:
    with pytest.raises(InputError):
        tree.stash([], key)


def test_a_stash_inside_the_tree_is_refused(root: Path) -> None:
    with pytest.raises(InputError, match="outside the tree"):
        DirectoryTree(root, root / "stash")


def test_a_stash_linked_into_the_tree_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "inner").mkdir()
    (tmp_path / "stash").symlink_to(root / "inner")
    with pytest.raises(InputError, match="outside the tree"):
        DirectoryTree(root, tmp_path / "stash")


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        DirectoryTree(tmp_path / "nowhere", tmp_path / "stash").usage()


def test_names_that_are_no_text_survive_the_round(tree: DirectoryTree, root: Path) -> None:
    odd = os.fsdecode(b"\xff\xfe bad\n.log")
    (root / odd).write_text("odd")
    first = shape(root)
    tree.stash(paths(tree), "key")
    assert tree.remove("key").removed == 1
    tree.unstash("key")
    assert first == shape(root)


def test_very_deep_nesting_is_an_error_and_not_a_crash(tree: DirectoryTree, root: Path) -> None:
    here = os.open(root, os.O_RDONLY)
    for _ in range(200):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    with pytest.raises(PermanentError, match="128"):
        tree.usage()


def test_a_damaged_copy_is_not_restored(tree: DirectoryTree, root: Path, tmp_path: Path) -> None:
    (root / "app.log").write_bytes(os.urandom(5000))
    tree.stash(["app.log"], "key")
    tree.remove("key")
    content = tmp_path / "stash" / "key" / "content"
    damaged = bytearray(content.read_bytes())
    damaged[2500] ^= 1
    content.write_bytes(damaged)
    with pytest.raises(IntegrityError, match=r"app\.log"):
        tree.unstash("key")
    assert list(root.iterdir()) == []


def test_a_stash_cut_short_by_a_crash_counts_for_nothing(tree: DirectoryTree, root: Path, tmp_path: Path) -> None:
    (root / "app.log").write_text("line")
    (tmp_path / "stash" / ".key.00000000.partial").mkdir(parents=True)
    with pytest.raises(NotFoundError):
        tree.remove("key")
    assert tree.stash(["app.log"], "key").files == 1


def test_old_stashes_go_when_a_new_one_is_made(tree: DirectoryTree, root: Path, tmp_path: Path) -> None:
    (root / "app.log").write_text("line")
    tree.stash(["app.log"], "old")
    (tmp_path / "stash" / "README").write_text("not ours")
    later = DirectoryTree(root, tmp_path / "stash", quota=1, clock=Later(timedelta(days=8)))
    later.stash(["app.log"], "new")
    assert sorted(path.name for path in (tmp_path / "stash").iterdir()) == ["README", "new"]


def test_a_stash_is_closed_to_others(tree: DirectoryTree, root: Path, tmp_path: Path) -> None:
    (root / "app.log").write_text("private")
    tree.stash(["app.log"], "key")
    assert (tmp_path / "stash").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_is_an_error(tree: DirectoryTree, root: Path) -> None:
    (root / "closed").mkdir(mode=0)
    with pytest.raises(PermanentError, match="closed"):
        tree.usage()


def test_without_a_quota_the_file_system_counts(root: Path, tmp_path: Path) -> None:
    usage = DirectoryTree(root, tmp_path / "stash").usage()
    assert 0 < usage.ratio < 1
    assert usage.quota > 1_000_000


def test_a_lock_that_a_process_holds_is_not_stale_whatever_it_names(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    lock = tmp_path / "tree" / "run.lock"
    lock.write_text("4194303999")
    tree = DirectoryTree(tmp_path / "tree", tmp_path / "stash")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert tree.stale_locks(["*.lock"]) == []
    assert [one.path for one in tree.stale_locks(["*.lock"])] == ["run.lock"]


def test_a_process_that_began_after_a_lock_was_written_only_has_its_number(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    lock = tmp_path / "tree" / "run.lock"
    lock.write_text(str(os.getpid()))
    os.utime(lock, (1_000_000_000, 1_000_000_000))
    assert [one.path for one in DirectoryTree(tmp_path / "tree", tmp_path / "stash").stale_locks(["*"])] == ["run.lock"]


def test_an_interrupted_rename_is_finished(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.log").write_text("words")
    os.link(tmp_path / "tree" / "a.log", tmp_path / "tree" / "b.log")
    assert DirectoryTree(tmp_path / "tree", tmp_path / "stash").rename("a.log", "b.log")
    assert [path.name for path in (tmp_path / "tree").iterdir()] == ["b.log"]
