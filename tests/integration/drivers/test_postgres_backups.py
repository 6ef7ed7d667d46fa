"""A database made anew from a dump: what is damaged, half made or in use, and what a copy takes over."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from grace_workers.actions import Backups
from grace_workers.drivers.postgres import DEFINITION
from grace_workers.foundation.errors import InputError, PermanentError
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
            return session.execute(words).fetchall()  # type: ignore[arg-type]

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
    assert shop.role.standing(KEY).copy is None
    made = shop.role.restore_beside("nightly.dump", KEY)
    assert made.copy is not None
    assert shop.role.faults(KEY) == []


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
