"""One scale set: its instances, which are restarted or reimaged, and their number."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import Scalable, Scale, ServicePart, ServiceParts
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.azure_api import AzureApi
from grace_workers.drivers._shared.scale_bounds import ScaleBounds
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError

_VERSION, _AUTOSCALE_VERSION = "2024-07-01", "2022-10-01"


class ScaleSet(ServiceParts):
    """The instances of one scale set. Their incarnation is the machine's id and the time of its last operation."""

    def __init__(self, cloud: AzureApi, name: str, restart: str) -> None:
        self._cloud = cloud
        self._name = name
        self._restart = restart
        self._path = f"{cloud.group}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}"

    @property
    def words(self) -> str:
        """The scale set as sentences name it."""
        return f"scale set {self._name!r}"

    def parts(self) -> Sequence[ServicePart]:
        return sorted(map(_part, self._instances()), key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        """Restart or reimage one instance, and wait until Azure has done it and it is healthy."""
        before = next((one for one in self._instances() if one["name"] == name), None)
        if before is None:
            raise NotFoundError(f"{self.words} has no instance {name[:80]!r} any more")
        seconds = patience.total_seconds()
        what, path = f"instance {name}", f"{self._path}/virtualMachines/{before['instanceId']}/{self._restart}"
        self._cloud.done(path, _VERSION, what=what, within=seconds)
        seen = awaited(
            lambda: [one for one in self.parts() if one.name == name and one.healthy],
            lambda found: bool(found) and found[0].incarnation != _part(before).incarnation,
            f"{self.words} has no healthy {name} {seconds:g} s after Azure did its {self._restart}",
            within=seconds,
        )
        return seen[0]

    def read(self) -> Mapping[str, Any]:
        """Return what Azure tells about the scale set. Raises NotFoundError."""
        return self._cloud.ask("GET", self._path, _VERSION, what=self.words).body  # type: ignore[no-any-return]

    def resize(self, count: int) -> None:
        """Ask for that many instances, unless the scale set changed since it was read, or an autoscaler decides."""
        found = self.read()
        if int(found["sku"]["capacity"]) == count:
            return
        if self._is_autoscaled():
            raise ConflictError(f"an autoscaler decides the number of {self.words}; change its bounds")
        if not found.get("etag"):
            raise PermanentError(f"{self.words} comes without an etag, so a change could overwrite another's")
        body = {"sku": {**found["sku"], "capacity": count}}
        self._cloud.ask("PATCH", self._path, _VERSION, body, what=self.words, etag=found["etag"])

    def awaited(self, count: int) -> None:
        """Wait until Azure shows that many as wanted."""
        late = f"{self.words} does not show {count} as its capacity"
        self._cloud.awaited(lambda: int(self.read()["sku"]["capacity"]), lambda one: one == count, late)

    def _instances(self) -> Sequence[Mapping[str, Any]]:
        return self._cloud.listed(f"{self._path}/virtualMachines", _VERSION, what=self.words, expand="instanceView")

    def _is_autoscaled(self) -> bool:
        path = f"{self._cloud.group}/providers/Microsoft.Insights/autoscalesettings"
        settings = self._cloud.listed(path, _AUTOSCALE_VERSION, what=f"the autoscalers of {self.words}")
        mine = self._path.casefold()
        told = [one.get("properties") or {} for one in settings]
        return any(one.get("enabled") and str(one.get("targetResourceUri")).casefold() == mine for one in told)


class ScaleSetSize(Scalable):
    """The capacity of a scale set, within bounds."""

    def __init__(self, found: ScaleSet, bounds: ScaleBounds) -> None:
        self._found = found
        self._bounds = bounds

    def scale(self) -> Scale:
        wanted = int(self._found.read()["sku"]["capacity"])
        ready = sum(one.healthy for one in self._found.parts())
        return Scale(wanted=wanted, ready=ready, lowest=self._bounds.lowest, highest=self._bounds.highest)

    def scale_to(self, count: int) -> Scale:
        self._found.resize(count)
        self._found.awaited(count)
        return self.scale()


def _part(found: Mapping[str, Any]) -> ServicePart:
    properties = found.get("properties") or {}
    view = properties.get("instanceView") or {}
    statuses = {str(one.get("code")): str(one.get("time") or "") for one in view.get("statuses") or []}
    health = ((view.get("vmHealth") or {}).get("status") or {}).get("code")
    healthy = {"PowerState/running", "ProvisioningState/succeeded"} <= statuses.keys()
    return ServicePart(
        name=str(found["name"]),
        incarnation=f"{properties.get('vmId')}/{max(statuses.values(), default='')}",
        healthy=healthy and health in {None, "HealthState/healthy"},
    )
