"""One flexible server and its read replicas: restarted, and failed over to the other zone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers.actions import Failover, FailoverMembers, ServicePart, ServiceParts
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.azure_api import AzureApi
from grace_workers.foundation.errors import NotFoundError

_VERSION, _LOG_VERSION = "2024-08-01", "2015-04-01"
_RESTART = "microsoft.dbforpostgresql/flexibleservers/restart/action"
_OF_LATE = timedelta(days=14)
_PLAINLY = {"restartWithFailover": False}
_PLANNED = {"restartWithFailover": True, "failoverMode": "PlannedFailover"}


class FlexibleServer(ServiceParts, Failover):
    """The server by its name. A part's incarnation is its last restart that the activity log tells."""

    def __init__(self, cloud: AzureApi, name: str) -> None:
        self._cloud = cloud
        self._name = name

    def parts(self) -> Sequence[ServicePart]:
        return sorted(map(self._part, self._servers()), key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        before = next((self._part(one) for one in self._servers() if one["name"] == name), None)
        if before is None:
            raise NotFoundError(f"{_words(self._name)} has no replica {name[:80]!r} any more")
        seconds = patience.total_seconds()
        self._cloud.done(f"{self._path(name)}/restart", _VERSION, _PLAINLY, what=_words(name), within=seconds)
        late = f"the activity log does not tell of the restart of {name} within {seconds:g} s, though Azure has done it"
        return awaited(
            lambda: self._part(self._read(name)),
            lambda one: one.healthy and one.incarnation != before.incarnation,
            late,
            within=seconds,
        )

    def members(self) -> FailoverMembers:
        """Return the zone that the server serves from, and the one that its standby is in."""
        found = self._read(self._name)["properties"]
        standby = found.get("highAvailability") or {}
        # A standby in the same zone has no name that tells it from the primary.
        ready = standby.get("mode") == "ZoneRedundant" and standby.get("state") == "Healthy"
        zones = (str(standby["standbyAvailabilityZone"]),) if ready else ()
        return FailoverMembers(primary=str(found.get("availabilityZone")), standbys=zones)

    def promote(self, standby: str) -> FailoverMembers:
        members = self.members()
        if members.primary == standby:
            return members
        words = _words(self._name)
        if standby not in members.standbys:
            raise NotFoundError(f"{words} has no healthy standby in zone {standby[:80]!r}")
        self._cloud.done(f"{self._path(self._name)}/restart", _VERSION, _PLANNED, what=words)
        late = f"{words} does not serve from zone {standby} with a healthy standby"
        return self._cloud.awaited(self.members, lambda one: one.primary == standby and bool(one.standbys), late)

    def _servers(self) -> Sequence[Mapping[str, Any]]:
        path = f"{self._path(self._name)}/replicas"
        return [self._read(self._name), *self._cloud.listed(path, _VERSION, what=_words(self._name))]

    def _part(self, found: Mapping[str, Any]) -> ServicePart:
        name = str(found["name"])
        begun = self._restarted(name) or "not restarted lately"
        return ServicePart(name=name, incarnation=begun, healthy=found["properties"].get("state") == "Ready")

    def _restarted(self, name: str) -> str:
        """Return when the activity log last tells of a restart."""
        since = datetime.now(UTC) - _OF_LATE
        mine = f"eventTimestamp ge '{since:%Y-%m-%dT%H:%M:%SZ}' and resourceUri eq '{self._path(name)}'"
        place = f"{self._cloud.subscription}/providers/Microsoft.Insights/eventtypes/management/values"
        told = self._cloud.listed(place, _LOG_VERSION, what=f"the activity log of {_words(name)}", filter=mine)
        ended = [one for one in told if (one.get("status") or {}).get("value") == "Succeeded"]
        restarts = [one for one in ended if str(one["operationName"]["value"]).casefold() == _RESTART]
        return max((str(one["eventTimestamp"]) for one in restarts), default="")

    def _read(self, name: str) -> Mapping[str, Any]:
        return self._cloud.ask("GET", self._path(name), _VERSION, what=_words(name)).body  # type: ignore[no-any-return]

    def _path(self, name: str) -> str:
        return f"{self._cloud.group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}"


def _words(name: str) -> str:
    return f"flexible server {name!r}"
