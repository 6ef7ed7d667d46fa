"""A database made anew from a dump: what is damaged, half made or in use, and what a copy takes over."""

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from grace_workers.actions import Backups
from grace_workers.drivers.postgres import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, PermanentError
from tests.conformance.roles.backup_stands import dumped
from tests.conformance.roles.implementations import Place

pytestmark = pytest.mark.servers

KEY = "0123abcd"


@dataclass
class Shop:
    role: Backups
    url: str
    dump: Path
    look: Callable[[], object]
    connection: dict[str, Any]

    def asked(self, words: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as session:
            found = session.execute(words)  # type: ignore[arg-type]
            return found.fetchall() if found.description else []

    def databases(self) -> int:
        return len(self.asked("SELECT 1 FROM pg_database WHERE datname ~ ('^' || current_database() || '_')"))


@pytest.fixture
def shop(tmp_path: Path, empty_database_url: str) -> Iterator[Shop]:
    with dumped(tmp_path, empty_database_url) as (connection, look):
        role: Backups = Place(tmp_path, str).open(DEFINITION, **connection)[Backups]
        yield Shop(role, empty_database_url, tmp_path / "dumps/nightly.dump", look, connection)


def test_a_dump_that_is_damaged_leaves_no_copy(shop: Shop) -> None:
    whole = shop.dump.read_bytes()
    shop.dump.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PermanentError, match=r"backup nightly\.dump cannot be restored: .*(end of file|header)"):
        shop.role.restore_beside("nightly.dump", KEY)
    assert shop.databases() == 0


def test_a_dump_that_others_may_change_is_not_run(shop: Shop) -> None:
    shop.dump.chmod(0o666)
    with pytest.raises(InputError, match=r"backup .*nightly\.dump .*chmod go-w"):
        shop.role.restore_beside("nightly.dump", KEY)
    assert shop.databases() == 0


def test_a_copy_that_a_killed_process_left_half_made_is_made_anew(shop: Shop) -> None:
    name = shop.role.standing(KEY).copy_name
    with psycopg.connect(shop.url, autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    left = shop.role.standing(KEY)
    assert (left.copy, left.unfinished is not None) == (None, True)
    made = shop.role.restore_beside("nightly.dump", KEY)
    assert made.copy not in {None, left.unfinished}
    assert made.unfinished is None
    assert shop.role.faults(KEY) == []


def test_a_run_that_was_taken_for_dead_leaves_the_copy_of_its_successor(shop: Shop, tmp_path: Path) -> None:
    name = shop.role.standing(KEY).copy_name
    program = tmp_path / "pg_restore"
    program.write_text(
        f"""#!{sys.executable}
import psycopg
with psycopg.connect({shop.url!r}, autocommit=True) as session:
    session.execute('DROP DATABASE "{name}"')
    session.execute('CREATE DATABASE "{name}"')
raise SystemExit(1)
"""
    )
    program.chmod(0o755)
    said = {**shop.connection, "backups": {**shop.connection["backups"], "program": str(program)}}
    role: Backups = Place(tmp_path, str).open(DEFINITION, **said)[Backups]
    with pytest.raises(ConflictError, match="another run has made"):
        role.restore_beside("nightly.dump", KEY)
    now = role.standing(KEY)
    assert (now.copy, now.unfinished is not None) == (None, True)


def test_a_database_with_a_long_name_has_a_copy_of_its_own(shop: Shop, tmp_path: Path) -> None:
    name = "é" * 31
    place = make_conninfo(shop.url, dbname=name)
    with psycopg.connect(shop.url, autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            role: Backups = Place(tmp_path, str).open(DEFINITION, **{**shop.connection, "url": place})[Backups]
            made = role.restore_beside("nightly.dump", KEY)
            role.drop_copy(KEY)
        finally:
            session.execute(f'DROP DATABASE "{name}"')  # type: ignore[arg-type]
    assert made.copy is not None


@pytest.mark.parametrize(
    ("place", "more", "words"),
    [
        ("postgresql://grace@127.0.0.1/shop", {"maintenance": "shop"}, "`maintenance` names the database itself"),
        ("postgresql://grace@127.0.0.1/shop?sslpassword=hunter2", {}, "would show `sslpassword`"),
    ],
)
def test_what_could_end_badly_is_refused_when_it_is_declared(
    tmp_path: Path, place: str, more: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words) as raised:
        Place(tmp_path, str).open(DEFINITION, url=place, backups={"folder": str(tmp_path), **more})
    assert "hunter2" not in str(raised.value)


def test_a_copy_with_too_few_rows_or_an_invalid_index_may_not_take_over(shop: Shop, tmp_path: Path) -> None:
    few = {**shop.connection, "backups": {**shop.connection["backups"], "least_rows": {"orders": 4, "customers": 1}}}
    role: Backups = Place(tmp_path, str).open(DEFINITION, **few)[Backups]
    role.restore_beside("nightly.dump", KEY)
    assert role.faults(KEY) == [
        "table orders has 3 rows, and 4 is the least that `least_rows` says",
        "table customers has 0 rows, and 1 is the least that `least_rows` says",
    ]


def test_clients_that_connect_again_at_once_do_not_keep_a_copy_from_taking_over(shop: Shop) -> None:
    over, parted = threading.Event(), []

    def work() -> None:
        while not over.is_set():
            try:
                with psycopg.connect(shop.url, autocommit=True) as session:
                    while not over.is_set():
                        session.execute("SELECT 1")
            except psycopg.Error:
                parted.append(1)

    clients = [threading.Thread(target=work) for _ in range(4)]
    for one in clients:
        one.start()
    try:
        shop.role.restore_beside("nightly.dump", KEY)
        now = shop.role.exchange(KEY)
    finally:
        over.set()
        for one in clients:
            one.join()
    assert now.before is not None
    assert shop.look() == [(1, "bread"), (2, "milk"), (3, "salt")]
    assert len(parted) >= 4


def test_rights_and_settings_of_the_database_go_with_its_name(shop: Shop) -> None:
    asked = """
        SELECT datdba, (SELECT array_agg(one::text ORDER BY one::text) FROM unnest(datacl) AS one), datconnlimit, (
            SELECT setconfig::text FROM pg_db_role_setting WHERE setdatabase = found.oid AND setrole = 0
        ) FROM pg_database AS found WHERE datname = current_database()
    """
    before = shop.asked(asked)
    assert "search_path" in str(before)
    shop.role.restore_beside("nightly.dump", KEY)
    shop.role.exchange(KEY)
    assert shop.asked(asked) == before


def test_a_setting_that_takes_away_rights_does_not_act_on_the_copying_itself(shop: Shop) -> None:
    login = f"app_{uuid4().hex[:8]}"
    asked = "SELECT setconfig::text FROM pg_db_role_setting JOIN pg_database AS it ON it.oid = setdatabase "
    asked += f"JOIN pg_roles AS role ON role.oid = setrole WHERE datname = current_database() AND rolname = '{login}'"
    with psycopg.connect(shop.url, autocommit=True) as session:
        own = session.execute("SELECT current_database()").fetchall()[0][0]
        session.execute(f'CREATE ROLE "{login}"; ALTER ROLE "{login}" IN DATABASE "{own}" SET role = pg_monitor')
    try:
        shop.role.restore_beside("nightly.dump", KEY)
        shop.role.exchange(KEY)
        assert shop.asked(asked) == [("{role=pg_monitor}",)]
    finally:
        shop.asked(f'DROP ROLE "{login}"')
