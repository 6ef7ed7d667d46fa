"""What every role promises to primitives and checks, run against memory and against the real adapter."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from grace_workers.actions import FileTree, Flag, FlagStore, LogLevels, Restartable, SqlConsole
from grace_workers.adapters.files.tree import DirectoryTree
from grace_workers.adapters.flags.flagd import FlagdFile
from grace_workers.adapters.logging.control_file import ControlFile
from grace_workers.adapters.postgres.console import PostgresConsole
from grace_workers.adapters.process.service import ProcessService, Program
from grace_workers.entrypoints.capture.levels import LevelControl
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.testing import (
    MemoryConsole,
    MemoryFlags,
    MemoryLevels,
    MemoryService,
    MemoryTree,
)

GRACE = timedelta(seconds=2)


@pytest.fixture(params=["memory", "real"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Restartable]:
    if request.param == "memory":
        yield MemoryService(running=False, starts=0)
        return
    command = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
    made = ProcessService(Program(command=command, pid_file=tmp_path / "pid"))
    yield made
    made.stop(timedelta(0))


def test_a_service_that_never_ran_does_not_run(service: Restartable) -> None:
    assert not service.status().running


def test_start_starts_and_start_again_finds_it(service: Restartable) -> None:
    first = service.start()
    assert first.running
    assert first == service.start() == service.status()


def test_every_start_is_an_incarnation_of_its_own(service: Restartable) -> None:
    first = service.start()
    service.stop(GRACE)
    second = service.start()
    assert first.incarnation != second.incarnation


def test_stop_stops_and_stop_again_is_harmless(service: Restartable) -> None:
    service.start()
    assert not service.stop(GRACE).running
    assert not service.stop(GRACE).running
    assert not service.status().running


class Tree:
    """A file tree with a way to put files into it and to look at them."""

    def __init__(self, role: FileTree, put: Callable[[str, bytes, int], None], look: Callable[[], Any]) -> None:
        self.role = role
        self.put = put
        self.look = look


@pytest.fixture(params=["memory", "real"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    if request.param == "memory":
        memory = MemoryTree(quota=1000, now=datetime.now(UTC))

        def keep(path: str, content: bytes, hours: int) -> None:
            memory.put(path, content, memory.now - timedelta(hours=hours))

        return Tree(memory, keep, lambda: {path: content for path, (content, _) in memory.files.items()})
    root = tmp_path / "tree"
    root.mkdir()

    def write(path: str, content: bytes, hours: int) -> None:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        moment = datetime.now(UTC).timestamp() - hours * 3600
        os.utime(place, (moment, moment))

    def read() -> dict[str, bytes]:
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    return Tree(DirectoryTree(root, tmp_path / "stash", quota=1000), write, read)


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


def test_what_was_stashed_is_removed_and_put_back(tree: Tree) -> None:
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


@pytest.fixture(params=["memory", "real"])
def flags(request: pytest.FixtureRequest, tmp_path: Path) -> FlagStore:
    variants = {"on": True, "off": False}
    if request.param == "memory":
        return MemoryFlags(
            {key: Flag(key=key, enabled=True, variant="on", variants=tuple(variants)) for key in ("b", "a")}
        )
    flag = {"state": "ENABLED", "variants": variants, "defaultVariant": "on"}
    path = tmp_path / "flags.json"
    path.write_text(json.dumps({"flags": {"b": flag, "a": flag}}))
    return FlagdFile(path)


def test_flags_come_by_key(flags: FlagStore) -> None:
    assert [flag.key for flag in flags.flags()] == ["a", "b"]
    assert flags.flag("a") == Flag(key="a", enabled=True, variant="on", variants=("on", "off"))


def test_setting_a_variant_changes_that_flag_only(flags: FlagStore) -> None:
    assert flags.set_variant("a", "off").variant == "off"
    assert flags.set_variant("a", "off").variant == "off"
    assert [flag.variant for flag in flags.flags()] == ["off", "on"]


def test_an_unknown_flag_or_variant_is_named(flags: FlagStore) -> None:
    with pytest.raises(NotFoundError, match="ghost"):
        flags.flag("ghost")
    with pytest.raises(NotFoundError, match="ghost"):
        flags.set_variant("ghost", "on")
    with pytest.raises(InputError, match="purple"):
        flags.set_variant("a", "purple")


@pytest.fixture(params=["memory", "real"])
def levels(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[LogLevels, str]]:
    name = f"roles.{uuid4().hex}"
    if request.param == "memory":
        yield MemoryLevels(configured={name: "INFO"}), name
        return
    logging.getLogger(name).setLevel(logging.INFO)
    listener = LevelControl(tmp_path / "control", every=0.01).start()
    yield ControlFile(tmp_path / "control"), name
    listener.stop()


def test_a_level_is_set_for_all_below_and_taken_back(levels: tuple[LogLevels, str]) -> None:
    role, name = levels
    assert (role.level(name), role.own_level(name)) == ("INFO", None)
    assert role.set_level(name, "ERROR") == "ERROR"
    assert (role.level(f"{name}.below"), role.own_level(name)) == ("ERROR", "ERROR")
    assert role.set_level(name, None) == "INFO"
    assert (role.level(name), role.own_level(name)) == ("INFO", None)


def test_taking_back_what_was_never_set_is_harmless(levels: tuple[LogLevels, str]) -> None:
    role, name = levels
    assert role.set_level(name, None) == "INFO"


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.servers)])
def console(request: pytest.FixtureRequest) -> SqlConsole:
    if request.param == "memory":
        return MemoryConsole(tables={"orders": (40, 60)}, pending=5_000_000)
    url = request.getfixturevalue("empty_database_url")
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 100)")
        session.execute("DELETE FROM orders WHERE id <= 40")
        session.execute("SELECT pg_stat_force_next_flush()")
    return PostgresConsole(url)


def test_vacuum_frees_the_dead_rows(console: SqlConsole) -> None:
    assert (console.dead_tuples("orders"), console.live_tuples("orders")) == (40, 60)
    console.vacuum("orders", analyze=True)
    console.vacuum("orders", analyze=False)
    assert (console.dead_tuples("orders"), console.live_tuples("orders")) == (0, 60)


def test_an_unknown_table_has_no_rows_to_count(console: SqlConsole) -> None:
    for ask in (console.dead_tuples, console.live_tuples):
        with pytest.raises(NotFoundError, match="ghost"):
            ask("ghost")


def test_after_a_checkpoint_little_is_to_be_replayed(console: SqlConsole) -> None:
    console.checkpoint()
    assert console.bytes_since_checkpoint() < 1_000_000


def test_a_quiet_database_has_nobody_waiting(console: SqlConsole) -> None:
    assert console.lock_waiters() == 0
    assert console.blockers(timedelta(0)) == []
    assert console.session_count() >= 1
    assert not console.session_exists(1, "never")
