"""A node with two people: one orders something, and the other agrees."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import psycopg

from tests.acceptance.fleet import NodeProcess


class TwoPeople:
    """The node's admin, and Ann, an operator who orders."""

    def __init__(self, node: NodeProcess) -> None:
        self.node = node
        own = (node.data_dir / "cli-token").read_text().strip()
        self._own = httpx.Client(base_url=f"http://127.0.0.1:{node.api_port}", headers=_bearer(own), timeout=30)
        made = self.ask("POST", "/api/v1/tokens", {"name": "ann", "role": "operator"})
        self._ann = _bearer(made["secret"])

    def close(self) -> None:
        """Close the connection."""
        self._own.close()

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, ann: bool = False) -> Any:
        """Ask the API as the admin, or as Ann."""
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

    def rows(self, query: str) -> list[Any]:
        """Ask the node's database."""
        with psycopg.connect(self.node.database_url) as session:
            return session.execute(query).fetchall()  # type: ignore[arg-type]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
