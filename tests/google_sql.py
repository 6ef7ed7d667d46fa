"""Databases of Cloud SQL, as Google's API shows them. An operation has ended at the second look."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from tests.emulated import Asked, Told

_PLACE = "/v1/projects/shop-production"
_TIMES = count(1)
_TYPES = {"restart": "RESTART", "failover": "FAILOVER", "": "UPDATE"}


def refused(status: int, reason: str, message: str) -> Told:
    """Return a refusal as Cloud SQL words it."""
    return Told(status, {"error": {"code": status, "message": message, "errors": [{"reason": reason}]}})


class CloudSql:
    """The instances, each by its name, and their operations."""

    def __init__(self) -> None:
        self.instances: dict[str, dict[str, Any]] = {}
        self.operations: dict[str, dict[str, Any]] = {}
        self.failing = ""

    def database(self, replicas: int = 1) -> str:
        """Make a regional instance with so many read replicas and return its name."""
        names = [f"shop-{uuid4().hex[:8]}" for _ in range(replicas + 1)]
        for name in names:
            settings = {"settingsVersion": "1", "tier": "db-custom-2-7680", "availabilityType": "REGIONAL"}
            zones = {"gceZone": "europe-west1-b", "secondaryGceZone": "europe-west1-c"}
            made = {"name": name, "state": "RUNNABLE", "createTime": "2026-01-01T00:00:00Z", **zones}
            self.instances[name] = {**made, "settings": {**settings, "activationPolicy": "ALWAYS"}}
        self.instances[names[0]]["replicaNames"] = names[1:]
        return names[0]

    def answer(self, asked: Asked) -> Told | None:
        """Answer a request to an instance or an operation; None for any other."""
        match asked.path.removeprefix(_PLACE).strip("/").split("/"):
            case ["operations"]:
                mine = [one for one in self.operations.values() if one["targetId"] == asked.query["instance"]]
                return Told(200, {"items": mine[::-1]})
            case ["operations", name]:
                return self._followed(self.operations[name])
            case ["instances", name, *verb]:
                known = name in self.instances
                return self._told(name, "".join(verb), asked) if known else refused(404, "notFound", f"no {name}")
        return None

    def _told(self, name: str, verb: str, asked: Asked) -> Told:
        found = self.instances[name]
        if asked.method == "GET":
            return Told(200, found)
        body = asked.body or {}
        version = (body.get("failoverContext") or body.get("settings") or {}).get("settingsVersion")
        if version not in {None, found["settings"]["settingsVersion"]}:
            return refused(412, "staleData", "The settings have changed.")
        named = uuid4().hex
        self.operations[named] = {"name": named, "targetId": name, "operationType": _TYPES[verb], "status": "PENDING"}
        self.operations[named]["body"] = body
        return Told(200, self.operations[named])

    def _followed(self, operation: dict[str, Any]) -> Told:
        if operation["status"] == "PENDING":
            operation["status"] = "RUNNING"
        elif operation["status"] == "RUNNING":
            operation["status"] = "DONE"
            operation["endTime"] = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(_TIMES))).isoformat()
            if self.failing:
                operation["error"] = {"errors": [{"code": "INTERNAL_ERROR", "message": self.failing}]}
                operation["operationType"] = "UPDATE"
            else:
                self._do(operation)
        return Told(200, {key: value for key, value in operation.items() if key != "body"})

    def _do(self, operation: dict[str, Any]) -> None:
        found = self.instances[operation["targetId"]]
        match operation["operationType"]:
            case "RESTART":
                found["state"] = "RUNNABLE"
            case "FAILOVER":
                zones = found["secondaryGceZone"], found["gceZone"]
                found["gceZone"], found["secondaryGceZone"] = zones
            case "UPDATE":
                found["settings"] |= operation["body"]["settings"]
                found["settings"]["settingsVersion"] = str(next(_TIMES) + 1)
