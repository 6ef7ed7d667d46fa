"""Flexible servers of PostgreSQL and the activity log, as Azure's API shows them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from tests.emulated import Asked, Told

_TIMES = count(1)
_URI = re.compile(r"resourceUri eq '([^']+)'")


class FlexibleServers:
    """The servers below a path, each by its name; `operation` accepts what takes long, `page` gives part of a list."""

    def __init__(self, place: str, operation: Callable[..., Told], page: Callable[..., Told]) -> None:
        self._place = f"{place}/Microsoft.DBforPostgreSQL/flexibleServers/"
        self._log = (
            f"{place.partition('/resourceGroups/')[0]}/providers/Microsoft.Insights/eventtypes/management/values"
        )
        self._operation, self._page = operation, page
        self.servers: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}

    def server(self, replicas: int = 1) -> str:
        """Make a zone-redundant server with so many replicas and return its name."""
        names = [f"shop-{uuid4().hex[:8]}" for _ in range(replicas + 1)]
        for name in names:
            standby = {"mode": "ZoneRedundant", "state": "Healthy", "standbyAvailabilityZone": "2"}
            properties = {"state": "Ready", "availabilityZone": "1", "highAvailability": standby}
            self.servers[name] = {"name": name, "properties": properties, "replicas": []}
        self.servers[names[0]]["replicas"] = names[1:]
        return names[0]

    def answer(self, asked: Asked) -> Told | None:
        """Answer a request to a server or to the log; None for any other."""
        if asked.path == self._log:
            found = _URI.search(asked.query["$filter"])
            return self._page(self.events.get(found.group(1) if found else "", []), asked)
        if not asked.path.startswith(self._place):
            return None
        name, _, verb = asked.path.removeprefix(self._place).partition("/")
        if name not in self.servers:
            return Told(404, {"error": {"code": "ResourceNotFound", "message": f"No {name}."}})
        if verb == "replicas":
            return self._page([self.servers[one] for one in self.servers[name]["replicas"]], asked)
        if verb == "restart":
            return self._operation(lambda: self._restart(name, fails_over=asked.body["restartWithFailover"]))
        return Told(200, self.servers[name])

    def _restart(self, name: str, *, fails_over: bool) -> None:
        properties = self.servers[name]["properties"]
        properties["state"] = "Ready"
        if fails_over:
            standby = properties["highAvailability"]
            zones = standby["standbyAvailabilityZone"], properties["availabilityZone"]
            properties["availabilityZone"], standby["standbyAvailabilityZone"] = zones
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(_TIMES))
        operation = "Microsoft.DBforPostgreSQL/flexibleServers/restart/action"
        event = {"eventTimestamp": at.isoformat(), "operationName": {"value": operation}}
        self.events.setdefault(f"{self._place}{name}", []).append({**event, "status": {"value": "Succeeded"}})
