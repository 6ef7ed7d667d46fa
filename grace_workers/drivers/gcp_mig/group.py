"""One managed instance group: its instances, which are recreated, and their number."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import Scalable, Scale, ServicePart, ServiceParts
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.gcp_api import GcpApi
from grace_workers.drivers._shared.rest import pages
from grace_workers.drivers._shared.scale_bounds import ScaleBounds
from grace_workers.foundation.errors import ConflictError, NotFoundError

_SOUND = frozenset({"HEALTHY"})


class ManagedGroup(ServiceParts):
    """The instances of one group. A recreated instance keeps its name and gets another id, which is its incarnation."""

    def __init__(self, cloud: GcpApi, place: str, name: str) -> None:
        self.cloud = cloud
        self._name = name
        self._path = f"/compute/v1/projects/{cloud.project}/{place}/instanceGroupManagers/{name}"

    @property
    def words(self) -> str:
        """The group as sentences name it."""
        return f"instance group {self._name!r}"

    def ask(self, method: str, verb: str = "", body: Any = None, **query: str) -> Mapping[str, Any]:
        """Return what Google answers about the group. Raises as `RestApi.ask`."""
        answer = self.cloud.service("compute").ask(method, self._path + verb, body, what=self.words, query=query)
        return answer.body or {}

    def parts(self) -> Sequence[ServicePart]:
        return sorted(map(_part, self._instances()), key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        """Recreate one instance, and wait until its successor of the same name is healthy."""
        before = next((one for one in self._instances() if _name(one) == name), None)
        if before is None:
            raise NotFoundError(f"{self.words} has no instance {name[:80]!r} any more")
        self.ask("POST", "/recreateInstances", {"instances": [before["instance"]]})
        seconds = patience.total_seconds()
        late = f"{self.words} has no healthy {name} {seconds:g} s after it was to be recreated; look at its errors"
        seen = awaited(
            lambda: [one for one in self.parts() if one.name == name and one.healthy],
            lambda found: bool(found) and found[0].incarnation != _part(before).incarnation,
            late,
            within=seconds,
        )
        return seen[0]

    def _instances(self) -> Sequence[Mapping[str, Any]]:
        def page(**token: str) -> Mapping[str, Any]:
            return self.ask("POST", "/listManagedInstances", maxResults="500", **token)

        def following(told: Mapping[str, Any]) -> Mapping[str, Any] | None:
            return page(pageToken=str(told["nextPageToken"])) if told.get("nextPageToken") else None

        found = [one for told in pages(page(), following, self.words) for one in told.get("managedInstances") or []]
        # An instance that is being created has no address yet.
        return [one for one in found if one.get("instance")]


class ManagedGroupScale(Scalable):
    """The target size of a group, within bounds."""

    def __init__(self, group: ManagedGroup, bounds: ScaleBounds) -> None:
        self._group = group
        self._bounds = bounds

    def scale(self) -> Scale:
        wanted = int(self._group.ask("GET")["targetSize"])
        ready = sum(one.healthy for one in self._group.parts())
        return Scale(wanted=wanted, ready=ready, lowest=self._bounds.lowest, highest=self._bounds.highest)

    def scale_to(self, count: int) -> Scale:
        found = self._group.ask("GET")
        if int(found["targetSize"]) != count:
            if (found.get("status") or {}).get("autoscaler"):
                raise ConflictError(f"an autoscaler decides the number of {self._group.words}; change its bounds")
            self._group.ask("POST", "/resize", size=str(count))
        late = f"{self._group.words} does not show {count} as its target size"
        return self._group.cloud.awaited(self.scale, lambda one: one.wanted == count, late)


def _name(found: Mapping[str, Any]) -> str:
    return str(found["instance"]).rpartition("/")[2]


def _part(found: Mapping[str, Any]) -> ServicePart:
    checks = {one.get("detailedHealthState") for one in found.get("instanceHealth") or []}
    settled = found.get("instanceStatus") == "RUNNING" and found.get("currentAction", "NONE") == "NONE"
    return ServicePart(name=_name(found), incarnation=str(found.get("id") or ""), healthy=settled and checks <= _SOUND)
