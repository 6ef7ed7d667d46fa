"""One instance and its read replicas: restarted, failed over to the other zone, and given another tier."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import Failover, FailoverMembers, MachineSize, Resizable, ServicePart, ServiceParts
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.gcp_api import GcpApi
from grace_workers.foundation.errors import NotFoundError, PermanentError

_STARTS = frozenset({"RESTART", "FAILOVER"})


class SqlDatabase(ServiceParts, Failover):
    """The instance by its name. A part's incarnation is when it was made and the last operation that restarted it."""

    def __init__(self, cloud: GcpApi, name: str) -> None:
        self.cloud = cloud
        self._name = name
        self._project = f"/v1/projects/{cloud.project}"

    @property
    def words(self) -> str:
        """The instance as sentences name it."""
        return _words(self._name)

    def read(self) -> Mapping[str, Any]:
        """Return what Google tells about the instance. Raises NotFoundError."""
        return self._instance(self._name)

    def act(self, method: str, verb: str, body: Any, within: float | None = None, name: str | None = None) -> None:
        """Ask for a change of an instance, and wait until its operation has ended; `within` is in seconds.

        Raises:
            PermanentError: Google cannot do it, and says why.
            TransientError: it has not ended in time.
        """
        what, seconds = _words(name or self._name), self.cloud.patience if within is None else within
        place = f"{self._project}/instances/{name or self._name}{verb}"
        begun = self._ask(method, place, body, what=what)
        path = f"{self._project}/operations/{begun['name']}"
        late = f"{what}: Google has not done it within {seconds:g} s; it may still come"
        done = awaited(
            lambda: self._ask("GET", path, what=what), lambda one: one.get("status") == "DONE", late, within=seconds
        )
        if errors := (done.get("error") or {}).get("errors"):
            why = f"{errors[0].get('code') or ''} {errors[0].get('message') or ''}".strip()
            raise PermanentError(f"{what}: Google could not do it: {why[:300]}")

    def parts(self) -> Sequence[ServicePart]:
        found = self.read()
        replicas = [str(one).rpartition(":")[2] for one in found.get("replicaNames") or []]
        every = [(self._name, found), *((name, self._instance(name)) for name in replicas)]
        return sorted((self._part(name, one) for name, one in every), key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        before = {one.name: one for one in self.parts()}
        if name not in before:
            raise NotFoundError(f"{self.words} has no replica {name[:80]!r} any more")
        seconds = patience.total_seconds()
        self.act("POST", "/restart", None, seconds, name)
        late = f"{_words(name)} does not serve {seconds:g} s after its restart; look at its operations"
        return awaited(
            lambda: self._part(name, self._instance(name)),
            lambda one: one.healthy and one.incarnation != before[name].incarnation,
            late,
            within=seconds,
        )

    def members(self) -> FailoverMembers:
        """Return the zone that the instance serves from, and the one that its standby is in."""
        found = self.read()
        is_regional = found["settings"].get("availabilityType") == "REGIONAL"
        standby = found.get("secondaryGceZone") if is_regional else None
        return FailoverMembers(primary=str(found["gceZone"]), standbys=(str(standby),) if standby else ())

    def promote(self, standby: str) -> FailoverMembers:
        found = self.read()
        members = self.members()
        if members.primary == standby:
            return members
        if standby not in members.standbys:
            raise NotFoundError(f"{self.words} has no standby in zone {standby[:80]!r}")
        # With the version that was read, Google refuses when the settings have changed since.
        self.act("POST", "/failover", {"failoverContext": {"settingsVersion": found["settings"]["settingsVersion"]}})
        late = f"{self.words} does not serve from {standby}"
        return self.cloud.awaited(self.members, lambda one: one.primary == standby, late)

    def _part(self, name: str, found: Mapping[str, Any]) -> ServicePart:
        query = {"instance": name, "maxResults": "100"}
        told = self._ask("GET", f"{self._project}/operations", what=f"the operations of {_words(name)}", query=query)
        ended = [one for one in told.get("items") or [] if one.get("status") == "DONE"]
        starts = [str(one["endTime"]) for one in ended if one.get("operationType") in _STARTS]
        return ServicePart(
            name=name,
            incarnation=f"{found.get('createTime')}/{max(starts, default='not restarted lately')}",
            healthy=found.get("state") == "RUNNABLE" and found["settings"].get("activationPolicy") != "NEVER",
        )

    def _instance(self, name: str) -> Mapping[str, Any]:
        return self._ask("GET", f"{self._project}/instances/{name}", what=_words(name))

    def _ask(
        self, method: str, path: str, body: Any = None, *, what: str, query: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        return self.cloud.service("sqladmin").ask(method, path, body, what=what, query=query).body or {}


class SqlTier(Resizable):
    """The tier of the instance, among those that the connection declares."""

    def __init__(self, database: SqlDatabase, allowed: tuple[str, ...]) -> None:
        self._database = database
        self._allowed = allowed

    def size(self) -> MachineSize:
        return MachineSize(name=str(self._database.read()["settings"]["tier"]), allowed=self._allowed)

    def resize_to(self, size: str) -> MachineSize:
        settings = self._database.read()["settings"]
        if settings["tier"] != size:
            body = {"settings": {"tier": size, "settingsVersion": settings["settingsVersion"]}}
            self._database.act("PATCH", "", body)
        late = f"{self._database.words} does not show {size} as its tier"
        return self._database.cloud.awaited(self.size, lambda one: one.name == size, late)


def _words(name: str) -> str:
    return f"Cloud SQL instance {name!r}"
