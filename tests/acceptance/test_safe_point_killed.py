"""The healing worker is killed while it puts a safe point back: half of the files are back, and then all of them."""

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.acceptance.fleet import NodeProcess
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.fleet]

FILES = 3000
POINTS = "/api/v1/safe-points"


class Shop:
    """A node with a tree of files, and two people who may order something."""

    def __init__(self, node: NodeProcess, root: Path) -> None:
        self.node, self.root = node, root
        own = (node.data_dir / "cli-token").read_text().strip()
        self._own = httpx.Client(base_url=f"http://127.0.0.1:{node.api_port}", headers=_bearer(own), timeout=30)
        made = self.ask("POST", "/api/v1/tokens", {"name": "ann", "role": "operator"})
        self._ann = _bearer(made["secret"])

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, ann: bool = False) -> Any:
        answer = self._own.request(method, path, json=body, headers=self._ann if ann else None)
        assert answer.is_success, answer.text
        return answer.json()

    def order(self, path: str, body: Mapping[str, Any]) -> Callable[[], str]:
        """Order it as Ann, let the admin agree if someone must, and return what tells its state."""
        task, answered = self.ask("POST", path, body, ann=True)["id"], set()

        def state() -> str:
            for asked in {one["id"] for one in self.ask("GET", "/api/v1/approvals")} - answered:
                answered.add(asked)
                self.ask("POST", f"/api/v1/approvals/{asked}", {"approved": True, "reason": "a test"})
            return str(self.ask("GET", f"/elite/tasks/{task}")["state"])

        return state

    def close(self) -> None:
        self._own.close()

    def words(self) -> list[str]:
        """Return what each file says, as far as a reader finds it."""
        return [path.read_text() for path in sorted(self.root.rglob("*.txt"))]

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(self.node.database_url) as session:
            return session.execute(query).fetchall()  # type: ignore[arg-type]

    def write(self, words: str) -> None:
        for number in range(FILES):
            (self.root / f"{number:04}.txt").write_text(words)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def shop(make_node: Callable[..., NodeProcess], node_folder: Path) -> Iterator[Shop]:
    root, config = node_folder / "tree", node_folder / "grace.yaml"
    root.mkdir()
    connection = {"root": str(root), "safe_point": {}}
    target = {"name": "conf", "kind": "files", "owner": "internal", "connection": connection}
    config.write_text(json.dumps({"targets": [target]}))
    node = make_node(GRACE_CONFIG=str(config), GRACE_FLOWER__ENABLED="false").start().unread().until_ready(within=100)
    with closing(Shop(node, root)) as made:
        yield made


def test_a_worker_that_is_killed_in_the_middle_of_a_step_leaves_no_half(shop: Shop) -> None:
    shop.write("before")
    kept = shop.order(POINTS, {"name": "release-42", "targets": ["conf"], "reason": "a release"})
    until(lambda: kept() == "succeeded", within=60)
    shop.write("after")
    (shop.root / "new.txt").write_text("new")
    healing = shop.node.pid_of("healing")

    back = shop.order(f"{POINTS}/release-42/restore", {"reason": "it is bad"})
    until(lambda: back() and shop.words().count("before") > FILES // 20, within=60, every=0.005)
    os.kill(healing, signal.SIGKILL)
    seen = shop.words().count("before")
    steps = shop.rows("SELECT state FROM steps WHERE primitive = 'restore_safe_point'")
    assert seen < FILES
    assert steps == [("intended",)]

    until(lambda: back() == "succeeded", within=120, instead=shop.words)
    assert shop.words() == ["before"] * FILES
    assert list(shop.root.glob(".*")) == []
    assert shop.node.pid_of("healing") != healing
    assert shop.rows("SELECT max(attempt) FROM steps WHERE primitive = 'restore_safe_point'")[0][0] > 1
