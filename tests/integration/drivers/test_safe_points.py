"""What safe points of real targets refuse, each with a sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis

from grace_workers.actions import SafePoints
from grace_workers.drivers.files import DEFINITION as FILES
from grace_workers.drivers.git import DEFINITION as GIT
from grace_workers.drivers.postgres import DEFINITION as POSTGRES
from grace_workers.drivers.redis import DEFINITION as REDIS
from grace_workers.foundation.errors import ConflictError, IntegrityError, PermanentError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.safe_point_stands import files_stand, git_stand, postgres_stand, redis_stand


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
