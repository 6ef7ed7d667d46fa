"""Container apps, as Azure's API shows them. A change takes effect at the second look."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.emulated import Asked, Told


class ContainerApps:
    """The apps below a path, each by its name; `operation` accepts what takes long, `page` returns a part of a list."""

    def __init__(self, place: str, operation: Callable[..., Told], page: Callable[..., Told]) -> None:
        self._place = f"{place}/Microsoft.App/containerApps/"
        self._operation, self._page = operation, page
        self.apps: dict[str, dict[str, Any]] = {}
        self.failing = False

    def app(self, revisions: int = 3, mode: str = "Multiple", **scale: int) -> str:
        """Make an app of so many active revisions, of which the newest gets all traffic, and return its name."""
        name = f"checkout-{uuid4().hex[:8]}"
        first = datetime(2026, 1, 1, tzinfo=UTC)
        made = {
            f"{name}--{at}": self._revision(f"{name}--{at}", first + timedelta(hours=at)) for at in range(revisions)
        }
        traffic = [{"latestRevision": True, "weight": 100}]
        self.apps[name] = {
            "properties": {
                "provisioningState": "Succeeded",
                "latestReadyRevisionName": [*made][-1],
                "configuration": {"activeRevisionsMode": mode, "ingress": {"external": True, "traffic": traffic}},
                "template": {"scale": scale},
            },
            "revisions": made,
            "works": False,
        }
        return name

    def answer(self, asked: Asked) -> Told | None:
        """Answer a request to an app; None for any other."""
        if not asked.path.startswith(self._place):
            return None
        name, *steps = asked.path.removeprefix(self._place).split("/")
        if name not in self.apps:
            return Told(404, {"error": {"code": "ResourceNotFound", "message": f"No {name}."}})
        return self._told(self.apps[name], steps, asked)

    def _told(self, found: dict[str, Any], steps: list[str], asked: Asked) -> Told:
        match asked.method, steps:
            case "PATCH", []:
                _merge(found["properties"], asked.body["properties"])
                found["works"] = True
                return Told(202)
            case "GET", []:
                works, found["works"] = found["works"], False
                state = "InProgress" if works else "Failed" if self.failing else "Succeeded"
                return Told(200, {"properties": {**found["properties"], "provisioningState": state}})
            case "GET", ["revisions"]:
                return self._page([one["told"] for one in found["revisions"].values()], asked)
            case "GET", ["revisions", revision, "replicas"]:
                return Told(200, {"value": [{"name": one} for one in found["revisions"][revision]["replicas"]]})
            case "POST", ["revisions", revision, "restart"]:
                return self._operation(lambda: self._restart(found["revisions"][revision]))
        return Told(404, {"error": {"code": "NotFound", "message": "unknown"}})

    def _revision(self, name: str, at: datetime) -> dict[str, Any]:
        state = {"active": True, "createdTime": at.isoformat(), "provisioningState": "Provisioned"}
        made = {"told": {"name": name, "properties": state}, "replicas": []}
        self._restart(made)
        return made

    def _restart(self, revision: dict[str, Any]) -> None:
        revision["told"]["properties"]["healthState"] = "Healthy"
        revision["replicas"] = [f"{revision['told']['name']}-{uuid4().hex[:9]}" for _ in range(2)]


def _merge(into: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
