"""What safe points of real targets refuse, each with a sentence that says what to do."""

import os
import resource
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psycopg
import pytest
from redis import Redis

from grace_workers.actions import Revisions, SafePoints, standing_patches
from grace_workers.drivers._shared.part_files import PartFiles
from grace_workers.drivers.files import DEFINITION as FILES
from grace_workers.drivers.flags import DEFINITION as FLAGS
from grace_workers.drivers.git import DEFINITION as GIT
from grace_workers.drivers.postgres import DEFINITION as POSTGRES
from grace_workers.drivers.redis import DEFINITION as REDIS
from grace_workers.foundation.errors import ConflictError, IntegrityError, PermanentError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.safe_point_stands import files_stand, flags_stand, git_stand, postgres_stand, redis_stand
from tests.unit.drivers.test_git import git


def tree(folder: Path, **said: Any) -> SafePoints:
    return Place(folder, str).open(FILES, root=str(folder / "tree"), safe_point=said)[SafePoints]


@contextmanager
def kept_tree(folder: Path) -> Iterator[tuple[Path, SafePoints, tuple[str, str]]]:
    with files_stand(folder):
        role = tree(folder)
        part = role.keep("point")
        yield folder / "tree", role, (part.key, part.sha256)


def test_more_than_declared_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with files_stand(tmp_path), pytest.raises(PermanentError, match=r"larger than 3 bytes; raise `largest`"):
        tree(tmp_path, largest=3).keep("point")
    assert list((tmp_path / "data/safe_points/target").iterdir()) == []


def test_a_disk_without_room_is_named_and_nothing_of_the_part_stays(tmp_path: Path) -> None:
    with files_stand(tmp_path):
        role = tree(tmp_path)
        (tmp_path / "tree/conf/large").write_bytes(os.urandom(1 << 20))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, before[1]))
        try:
            with pytest.raises(PermanentError, match=r"^safe points in '.*/safe_points/target': File too large; free"):
                role.keep("point")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "data/safe_points/target").iterdir()) == []


def test_a_part_leaves_some_of_the_disk_free(tmp_path: Path) -> None:
    files = PartFiles(tmp_path, timedelta(days=1), reserve=1 << 60)
    with pytest.raises(PermanentError, match=r"bytes are free there, and 1152921504606846976 must stay free"):
        files.build("point", lambda archive: archive.writestr("a", "b"))
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_another_process_finishes_first_stays(tmp_path: Path) -> None:
    files = PartFiles(tmp_path, timedelta(days=1))

    def slow(archive: ZipFile) -> None:
        files.build("point", lambda other: other.writestr("a", "first"))
        archive.writestr("a", "second")

    files.build("point", slow)
    with files.opened("point", None) as (archive, _):
        assert archive.read("a") == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["point.zip"]


def test_parts_are_dropped_when_their_time_is_over_and_only_those_of_restores_after_a_week(tmp_path: Path) -> None:
    files = PartFiles(tmp_path, timedelta(days=30))

    def aged(key: str, **age: float) -> None:
        files.build(key, lambda archive: archive.writestr("a", key))
        at = time.time() - timedelta(**age).total_seconds()
        os.utime(tmp_path / f"{key}.zip", (at, at))

    aged("before-release", days=8)
    aged("undo_1", days=8)
    aged("nightly", days=31)
    assert [files.has(key) for key in ("before-release", "undo_1", "nightly")] == [True, False, False]
    aged("new", days=0)
    assert sorted(files.keys()) == ["before-release", "new"]


def test_a_part_of_another_thing_of_the_same_name_is_refused(tmp_path: Path) -> None:
    with kept_tree(tmp_path) as (root, _, part):
        shutil.copytree(root, tmp_path / "another")
        role = Place(tmp_path, str).open(FILES, root=str(tmp_path / "another"), safe_point={})[SafePoints]
        with pytest.raises(ConflictError, match=rf"kept of 'tree {root}', and the target is 'tree {tmp_path}/another'"):
            role.differences(*part)


def test_what_a_killed_restore_left_is_removed_by_the_next(tmp_path: Path) -> None:
    with kept_tree(tmp_path) as (root, role, part):
        left = root / "conf/.grace-restoring-0123456789abcdef"
        left.write_text("half")
        (root / "conf/.grace-restoring-mine").write_text("someone's")
        (root / "conf/new.ini").write_text("new")
        before = role.keep("undo_1")
        role.put_back(*part, since=(before.key, before.sha256))
        assert sorted(path.name for path in (root / "conf").iterdir()) == [
            ".grace-restoring-mine",
            "old.ini",
            "shop.ini",
        ]


def test_flags_that_a_release_damaged_or_removed_come_back(tmp_path: Path) -> None:
    with flags_stand(tmp_path) as (connection, look, _):
        role, whole = Place(tmp_path, str).open(FLAGS, **connection)[SafePoints], look()
        part = role.keep("point")
        damages: tuple[Callable[[Path], object], ...] = (lambda path: path.write_text("{half"), Path.unlink)
        for number, damage in enumerate(damages):
            damage(Path(connection["file"]))
            before = role.keep(f"undo_{number}")
            assert role.put_back(part.key, part.sha256, since=(before.key, before.sha256)) == 1
            assert look() == whole
        role.put_back(before.key, before.sha256, since=(part.key, part.sha256))
        assert not Path(connection["file"]).exists()


def test_a_revision_that_no_branch_leads_to_any_more_comes_back(tmp_path: Path) -> None:
    with git_stand(tmp_path) as (connection, look, change):
        change()
        role, whole, shop = Place(tmp_path, str).open(GIT, **connection)[SafePoints], look(), tmp_path / "shop"
        part, dropped = role.keep("point"), role.keep("other")
        git(shop, "reset", "--quiet", "--hard", "HEAD~1")
        git(shop, "reflog", "expire", "--expire=now", "--all")
        git(shop, "gc", "--quiet", "--prune=now")
        before = role.keep("undo_1")
        role.put_back(part.key, part.sha256, since=(before.key, before.sha256))
        assert look() == whole
        role.forget(dropped.key)
        (tmp_path / "data/safe_points/target/undo_1.zip").unlink()
        role.keep("last")
        held = git(shop, "for-each-ref", "--format=%(refname)", "refs/grace/parts").splitlines()
        assert sorted(one.rpartition("/")[2] for one in held) == ["last", "point"]


@pytest.mark.servers
def test_a_key_that_changes_while_it_is_kept_is_kept_as_it_was_at_one_moment(tmp_path: Path) -> None:
    with redis_stand(tmp_path) as (connection, _, _):
        role = Place(tmp_path, str).open(REDIS, **connection)[SafePoints]
        over = threading.Event()

        def work() -> None:
            with Redis.from_url(connection["url"]) as client:
                while not over.is_set():
                    for _ in range(20):
                        client.incr("cart:count")
                    client.delete("cart:kind")
                    client.lpush("cart:kind", "a")
                    client.set("cart:kind", "b")

        writer = threading.Thread(target=work)
        writer.start()
        try:
            parts = [role.keep(f"point-{number}") for number in range(20)]
        finally:
            over.set()
            writer.join()
        for number, part in enumerate(parts):
            before = role.keep(f"undo_{number}")
            role.put_back(part.key, part.sha256, since=(before.key, before.sha256))
            assert role.differences(part.key, part.sha256) == []


def test_a_part_of_other_patterns_removes_no_file(tmp_path: Path) -> None:
    with files_stand(tmp_path):
        part = tree(tmp_path, patterns=["conf/**"]).keep("point")
        with pytest.raises(ConflictError, match=r"holds 'conf/\*\*', and the target now declares '\*\*'"):
            tree(tmp_path).put_back(part.key, part.sha256, since=(part.key, part.sha256))
        assert (tmp_path / "tree/tmp/cache").exists()


def test_a_copy_that_others_may_change_is_not_used(tmp_path: Path) -> None:
    with kept_tree(tmp_path) as (_, role, part):
        (tmp_path / "data/safe_points/target/point.zip").chmod(0o666)
        with pytest.raises(IntegrityError, match="can be changed by others"):
            role.differences(*part)


def test_a_copy_that_is_damaged_is_not_used(tmp_path: Path) -> None:
    with kept_tree(tmp_path) as (root, role, part):
        path = tmp_path / "data/safe_points/target/point.zip"
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(IntegrityError, match="not what was kept"):
            role.put_back(*part, since=part)
        assert (root / "conf/shop.ini").read_text() == "on"


def test_a_link_in_the_place_of_a_file_is_not_replaced(tmp_path: Path) -> None:
    with kept_tree(tmp_path) as (root, role, part):
        (root / "conf/shop.ini").unlink()
        (root / "conf/shop.ini").symlink_to("/etc/hostname")
        before = role.keep("before-1")
        with pytest.raises(ConflictError, match="is in its way"):
            role.put_back(*part, since=(before.key, before.sha256))
        assert (root / "conf/shop.ini").is_symlink()
        assert not list((root / "conf").glob(".grace*"))


def test_a_branch_that_was_put_back_has_no_patch_of_ours(tmp_path: Path) -> None:
    with git_stand(tmp_path) as (connection, _, change):
        roles = Place(tmp_path, str).open(GIT, **connection)
        part = roles[SafePoints].keep("point")
        change()
        git(tmp_path / "shop", "tag", "good-1")
        before = roles[SafePoints].keep("undo_1")
        roles[SafePoints].put_back(part.key, part.sha256, since=(before.key, before.sha256))
        assert standing_patches(roles[Revisions]) == []


def test_a_branch_with_changes_that_are_not_committed_is_refused(tmp_path: Path) -> None:
    with git_stand(tmp_path) as (connection, _, _):
        (tmp_path / "shop/shop.py").write_text("a = 7\n")
        with pytest.raises(ConflictError, match=r"not committed \('shop.py'\)"):
            Place(tmp_path, str).open(GIT, **connection)[SafePoints].keep("point")


@pytest.mark.servers
def test_a_key_that_has_expired_meanwhile_is_not_missed(tmp_path: Path) -> None:
    with redis_stand(tmp_path) as (connection, _, _), Redis.from_url(connection["url"]) as client:
        client.set("cart:soon", "x", px=200)
        role = Place(tmp_path, str).open(REDIS, **connection)[SafePoints]
        part = role.keep("point")
        client.execute_command("CLIENT", "PAUSE", "250")
        assert role.differences(part.key, part.sha256) == []


@pytest.fixture
def database(tmp_path: Path, empty_database_url: str) -> Iterator[tuple[SafePoints, Any]]:
    with (
        postgres_stand(tmp_path, lambda: empty_database_url) as (connection, _, _),
        psycopg.connect(empty_database_url, autocommit=True) as session,
    ):
        yield Place(tmp_path, str).open(POSTGRES, **connection)[SafePoints], session


@pytest.mark.servers
def test_rows_for_another_schema_are_refused(database: tuple[SafePoints, Any]) -> None:
    role, session = database
    part = role.keep("point")
    session.execute("ALTER TABLE notes ADD COLUMN more int DEFAULT 1")
    before = role.keep("before-1")
    with pytest.raises(ConflictError, match=r"public.notes has other columns than when"):
        role.put_back(part.key, part.sha256, since=(before.key, before.sha256))
    assert session.execute("SELECT count(*) FROM notes WHERE more = 1").fetchone() == (3,)


@pytest.mark.servers
def test_tables_that_cannot_be_put_back_are_not_kept(database: tuple[SafePoints, Any]) -> None:
    role, session = database
    session.execute("CREATE TABLE bills (of int REFERENCES orders)")
    with pytest.raises(PermanentError, match=r"bills refers to orders.*add it to `tables`"):
        role.keep("point")
    session.execute("DROP TABLE bills; ALTER TABLE customers ADD COLUMN last int REFERENCES orders")
    with pytest.raises(PermanentError, match="in a circle"):
        role.keep("point")


@pytest.mark.servers
def test_no_number_is_given_out_twice_and_triggers_keep_their_state(database: tuple[SafePoints, Any]) -> None:
    role, session = database
    session.execute("ALTER TABLE orders ENABLE ALWAYS TRIGGER noted")
    part = role.keep("point")
    taken = session.execute("INSERT INTO orders (total) VALUES (5) RETURNING id").fetchone()
    before = role.keep("before-1")
    role.put_back(part.key, part.sha256, since=(before.key, before.sha256))
    assert session.execute("SELECT tgenabled FROM pg_trigger WHERE tgname = 'noted'").fetchone() == ("A",)
    again = session.execute("INSERT INTO orders (total) VALUES (5) RETURNING id").fetchone()
    assert again[0] == taken[0] + 1
