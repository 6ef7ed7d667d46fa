"""Services of Cloud Run, as Google's second version of its API shows them. A change takes effect at the second look."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from tests.emulated import Asked, Told

_PLACE = "/v2/projects/shop-production/locations/europe-west1/services/"
_LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
_VERSIONS = count(1)


def refused(status: int, reason: str, message: str) -> Told:
    """Return a refusal as Google's newer APIs word it."""
    return Told(status, {"error": {"code": status, "status": reason, "message": message}})


class CloudRun:
    """The services, each by its name."""

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self.failing, self.takes = "", 1

    def service(self, revisions: int = 3, **scaling: int) -> str:
        """Make a service of so many revisions, of which the newest gets all traffic, and return its name."""
        name = f"checkout-{uuid4().hex[:8]}"
        first = datetime(2026, 1, 1, tzinfo=UTC)
        made = [self._revision(f"{name}-{at:05}", first + timedelta(hours=at)) for at in range(revisions)]
        traffic = [{"type": _LATEST, "percent": 100}]
        self.services[name] = {"traffic": traffic, "scaling": scaling, "revisions": made, "pending": 0, "etag": "first"}
        return name

    def named(self, name: str) -> dict[str, Any]:
        """Return the service of that name."""
        return self.services[name]

    def answer(self, asked: Asked) -> Told | None:
        """Answer a request to a service; None for any other."""
        if not asked.path.startswith(_PLACE):
            return None
        name, _, rest = asked.path.removeprefix(_PLACE).partition("/")
        if name not in self.services:
            return refused(404, "NOT_FOUND", f"Resource '{name}' was not found.")
        found = self.services[name]
        if asked.method == "PATCH":
            return self._patched(found, asked)
        if rest == "revisions":
            at = int(asked.query.get("pageToken", 0))
            more = {"nextPageToken": str(at + 2)} if at + 2 < len(found["revisions"]) else {}
            return Told(200, {"revisions": found["revisions"][at : at + 2], **more})
        return Told(200, self._told(found))

    def _told(self, found: dict[str, Any]) -> dict[str, Any]:
        works = found["pending"] > 0
        found["pending"] = max(found["pending"] - 1, 0)
        state = "CONDITION_RECONCILING" if works else "CONDITION_FAILED" if self.failing else "CONDITION_SUCCEEDED"
        kept = {key: found[key] for key in ("traffic", "scaling", "etag")}
        kept["latestReadyRevision"] = found["revisions"][-1]["name"]
        return {**kept, "reconciling": works, "terminalCondition": {"state": state, "message": self.failing}}

    def _patched(self, found: dict[str, Any], asked: Asked) -> Told:
        if asked.body.get("etag") != found["etag"]:
            return refused(409, "ABORTED", "The resource was modified; read it again.")
        field = asked.query["updateMask"]
        found[field] = asked.body[field]
        found["etag"], found["pending"] = str(next(_VERSIONS)), self.takes
        return Told(200, {"name": "projects/shop-production/operations/1", "done": False})

    def _revision(self, name: str, at: datetime) -> dict[str, Any]:
        ready = [{"type": "Ready", "state": "CONDITION_SUCCEEDED"}]
        return {
            "name": f"{_PLACE}x/revisions/{name}",
            "createTime": f"{at:%Y-%m-%dT%H:%M:%S}.123456Z",
            "conditions": ready,
        }
