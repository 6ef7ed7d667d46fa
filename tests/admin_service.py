"""A service with documented admin endpoints over HTTP: nodes that are taken out, and a breaker that cannot be reset."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from tests.emulated import Asked, Emulated, Told, served

TOKEN = "admin-token-of-the-shop"
SWITCH: dict[str, Any] = {
    "changes": "takes a node out",
    "run": {"method": "PUT", "path": "/admin/nodes/{node}", "body": {"out": True, "why": "asked for {node}"}},
    "look": {"path": "/admin/nodes/{node}", "at": ["state", "out"], "equals": True},
    "undo": {"method": "PUT", "path": "/admin/nodes/{node}", "body": {"out": False}},
    "arguments": {"node": ["a", "b"]},
}
FAILING: dict[str, Any] = {
    "changes": "fails",
    "run": {"path": "/admin/failing"},
    "look": {"path": "/admin/nodes/a", "at": ["state", "out"], "equals": True},
}


class AdminService:
    """The nodes that are out; `lags` reads still show what was before the latest change."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Have both nodes in."""
        self.out: dict[str, bool] = {"a": False, "b": False}
        self.shown = dict(self.out)
        self.bodies: list[Any] = []
        self.lags = 0

    def answer(self, asked: Asked) -> Told:
        """Answer one request."""
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Told(401, {"message": "unknown token"})
        node = asked.path.removeprefix("/admin/nodes/")
        if node not in self.out:
            return Told(422, {"message": "the breaker is failing"})
        if asked.method == "PUT":
            self.out[node] = asked.body["out"]
            self.bodies.append(asked.body)
            return Told(200)
        if self.lags:
            self.lags -= 1
        else:
            self.shown = dict(self.out)
        return Told(200, {"state": {"out": self.shown[node]}})


@contextmanager
def admin_service() -> Iterator[tuple[AdminService, Emulated]]:
    """Yield the service of this process, as it begins, and the address that it is served at."""
    service, api = _running()
    service.start()
    try:
        yield service, api
    finally:
        api.well()


@cache
def _running() -> tuple[AdminService, Emulated]:
    service = AdminService()
    return service, served(Emulated(service.answer))
