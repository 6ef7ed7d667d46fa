"""Whole nodes for the acceptance tests."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.fleet import NodeProcess


@pytest.fixture
def node_folder() -> Iterator[Path]:
    """An empty folder with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="grace-node-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_node(node_folder: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Make nodes on `<folder>/data`, not yet started; whatever still runs at the end is stopped."""
    made: list[NodeProcess] = []

    def make(name: str = "data", **settings: str) -> NodeProcess:
        node = NodeProcess(node_folder / name, **settings)
        made.append(node)
        return node

    yield make
    for node in made:
        node.close()


@pytest.fixture(scope="module")
def shared_node() -> Iterator[NodeProcess]:
    """One running node for all tests of a module that only use it, and whose output no one reads."""
    folder = Path(tempfile.mkdtemp(prefix="grace-node-"))
    node = NodeProcess(folder / "data").start().unread()
    try:
        yield node.until_ready()
    finally:
        node.close()
        shutil.rmtree(folder)
