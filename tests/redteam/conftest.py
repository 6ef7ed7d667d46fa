"""What the red team attacks: a whole node as users run it, or the real API over real servers in this process.

A test that starts a node or takes many seconds is marked `redteam` and runs only in `make redteam`; the others are in
`make test` too.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.api_world import ApiWorld, api_world
from tests.acceptance.fleet import NodeProcess


@pytest.fixture(scope="module")
def attacked_node() -> Iterator[NodeProcess]:
    """One running node for the attacks of a module, which must leave it in service."""
    folder = Path(tempfile.mkdtemp(prefix="grace-redteam-"))
    node = NodeProcess(folder / "data").start().unread()
    try:
        yield node.until_ready()
    finally:
        node.close()
        shutil.rmtree(folder)


@pytest.fixture
def api(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[ApiWorld]:
    """The real API with a token of each role, over servers for this test alone and without a worker."""
    with api_world(database_url, broker_url, tmp_path) as world:
        yield world
