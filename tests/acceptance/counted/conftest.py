"""One node with counted targets for all tests of a module."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres
from tests.acceptance.counted.house import House, open_house
from tests.acceptance.counted.scene import Scene
from tests.acceptance.fleet import NodeProcess


@pytest.fixture(scope="module")
def shop_db(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """Someone else's database, with a table of orders, of which one in ten is a dead row."""
    url = postgres_server.url_of("postgres")
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id bigint) WITH (autovacuum_enabled = false)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 1000)")
        session.execute("DELETE FROM orders WHERE id > 900")
    # The statistics show what a session did to a table once the session has ended.
    yield url
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("DROP TABLE orders")


@pytest.fixture(scope="module")
def house(shop_db: str) -> Iterator[House]:
    """A node that many tests may harm, because it heals itself."""
    folder = Path(tempfile.mkdtemp(prefix="grace-house-"))
    made: list[NodeProcess] = []

    def make(**settings: str) -> NodeProcess:
        made.append(NodeProcess(folder / "data", **settings))
        return made[-1]

    try:
        with open_house(
            make, Scene(folder / "scene", shop_db), GRACE_LIMITS__AGENTS="16", GRACE_LIMITS__PER_AGENT="8"
        ) as opened:
            yield opened
    finally:
        for node in made:
            node.close()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def fresh(house: House) -> Callable[[str, int], list[str]]:
    """Return unused targets: so many of `files`, `services` or `slow_services`."""
    left = {
        "files": list(house.scene.file_names),
        "services": [name for name in house.scene.service_names if name != house.scene.watched],
        "slow_services": list(house.scene.slow_names),
    }

    def take(kind: str, count: int) -> list[str]:
        taken = left[kind][:count]
        assert len(taken) == count, f"the scene has too few {kind}"
        del left[kind][:count]
        return taken

    return take
