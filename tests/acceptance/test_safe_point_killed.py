"""The healing worker is killed while it puts a safe point back: half of the files are back, and then all of them."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.fleet import NodeProcess
from tests.acceptance.two_people import TwoPeople
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.fleet]

FILES = 3000
POINTS = "/api/v1/safe-points"


@pytest.fixture
def tree(node_folder: Path) -> Path:
    root = node_folder / "tree"
    root.mkdir()
    return root


@pytest.fixture
def people(make_node: Callable[..., NodeProcess], node_folder: Path, tree: Path) -> Iterator[TwoPeople]:
    config = node_folder / "grace.yaml"
    connection = {"root": str(tree), "safe_point": {}}
    target = {"name": "conf", "kind": "files", "owner": "internal", "connection": connection}
    config.write_text(json.dumps({"targets": [target]}))
    node = make_node(GRACE_CONFIG=str(config), GRACE_FLOWER__ENABLED="false").start().unread().until_ready(within=100)
    with closing(TwoPeople(node)) as made:
        yield made


def write(tree: Path, words: str) -> None:
    for number in range(FILES):
        (tree / f"{number:04}.txt").write_text(words)


def read(tree: Path) -> list[str]:
    return [path.read_text() for path in sorted(tree.rglob("*.txt"))]


def test_a_worker_that_is_killed_in_the_middle_of_a_step_leaves_no_half(people: TwoPeople, tree: Path) -> None:
    write(tree, "before")
    kept = people.order(POINTS, {"name": "release-42", "targets": ["conf"], "reason": "a release"})
    until(lambda: kept() == "succeeded", within=60)
    write(tree, "after")
    (tree / "new.txt").write_text("new")
    healing = people.node.pid_of("healing")

    back = people.order(f"{POINTS}/release-42/restore", {"reason": "it is bad"})
    until(lambda: back() and read(tree).count("before") > FILES // 20, within=60, every=0.005)
    os.kill(healing, signal.SIGKILL)
    seen = read(tree).count("before")
    steps = people.rows("SELECT state FROM steps WHERE primitive = 'restore_safe_point'")
    assert seen < FILES
    assert steps == [("intended",)]

    until(lambda: back() == "succeeded", within=120, instead=lambda: read(tree))
    assert read(tree) == ["before"] * FILES
    assert list(tree.glob(".*")) == []
    assert people.node.pid_of("healing") != healing
    assert people.rows("SELECT max(attempt) FROM steps WHERE primitive = 'restore_safe_point'")[0][0] > 1
