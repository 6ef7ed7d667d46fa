"""The active revisions of one container app, as its parts and as shares of its traffic."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from grace_workers.actions import DeployedRevision, RevisionTraffic, ServicePart, ServiceParts, TrafficShare
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers.azure_containerapp.app import ContainerApp
from grace_workers.foundation.errors import ConflictError, NotFoundError


class AppRevisions(ServiceParts, RevisionTraffic):
    """The revisions that Azure runs. A restart replaces the replicas of one, so their names are its incarnation."""

    def __init__(self, app: ContainerApp) -> None:
        self._app = app

    def parts(self) -> Sequence[ServicePart]:
        return sorted(map(self._part, self._active()), key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        found = next((one for one in self._active() if one["name"] == name), None)
        if found is None:
            raise NotFoundError(f"{self._app.words} has no active revision {name[:80]!r} any more")
        before, seconds = self._part(found), patience.total_seconds()
        self._app.restart(name, seconds)
        late = f"{self._app.words} has no other healthy replicas of {name} {seconds:g} s after its restart"
        seen = awaited(
            lambda: [one for one in self.parts() if one.name == name and one.healthy],
            lambda now: bool(now) and now[0].incarnation != before.incarnation,
            late,
            within=seconds,
        )
        return seen[0]

    def revisions(self) -> Sequence[DeployedRevision]:
        found = [
            DeployedRevision(
                name=str(one["name"]),
                at=datetime.fromisoformat(one["properties"]["createdTime"]),
                ready=_runs(one["properties"]),
            )
            for one in self._active()
        ]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def newest_ready(self) -> str | None:
        return str(self._app.read().get("latestReadyRevisionName") or "") or None

    def traffic(self) -> tuple[TrafficShare, ...]:
        return _shares(self._app.read())

    def route(self, shares: Sequence[TrafficShare]) -> tuple[TrafficShare, ...]:
        found = self._app.read()
        if _shares(found) == tuple(shares):
            return tuple(shares)
        if found["configuration"].get("activeRevisionsMode") != "Multiple":
            raise ConflictError(f"{self._app.words} runs one revision at a time; set its revision mode to multiple")
        known = {str(one["name"]) for one in self._active()}
        for one in shares:
            if one.revision is not None and one.revision not in known:
                raise NotFoundError(f"{self._app.words} has no active revision {one.revision[:80]!r} any more")
        wanted = [_weight(one) for one in shares]
        self._app.change({"configuration": {"ingress": {"traffic": wanted}}})
        late = f"{self._app.words} does not show its new traffic"
        return self._app.cloud.awaited(self.traffic, lambda one: one == tuple(shares), late)

    def _active(self) -> Sequence[Mapping[str, Any]]:
        return [one for one in self._app.listed("revisions") if one["properties"].get("active")]

    def _part(self, found: Mapping[str, Any]) -> ServicePart:
        replicas = sorted(str(one["name"]) for one in self._app.listed(f"revisions/{found['name']}/replicas"))
        return ServicePart(
            name=str(found["name"]), incarnation=" ".join(replicas) or None, healthy=_runs(found["properties"])
        )


def _runs(properties: Mapping[str, Any]) -> bool:
    return properties.get("healthState") == "Healthy" and properties.get("provisioningState") == "Provisioned"


def _shares(found: Mapping[str, Any]) -> tuple[TrafficShare, ...]:
    ingress = found["configuration"].get("ingress") or {}
    told = ingress.get("traffic") or [{"latestRevision": True, "weight": 100}]
    return tuple(
        TrafficShare(
            revision=None if one.get("latestRevision") else str(one["revisionName"]),
            percent=int(one.get("weight") or 0),
            label=str(one.get("label") or ""),
        )
        for one in told
    )


def _weight(share: TrafficShare) -> Mapping[str, Any]:
    place = {"latestRevision": True} if share.revision is None else {"revisionName": share.revision}
    return {**place, "weight": share.percent, **({"label": share.label} if share.label else {})}
