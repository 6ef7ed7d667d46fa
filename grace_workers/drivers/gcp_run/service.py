"""One service: the shares of its revisions, and its numbers of instances."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from grace_workers.actions import DeployedRevision, Limit, RevisionTraffic, ServiceLimits, TrafficShare
from grace_workers.drivers._shared.bounds import LimitBounds, allow, bounds_of
from grace_workers.drivers._shared.gcp_api import GcpApi
from grace_workers.drivers._shared.rest import pages
from grace_workers.foundation.errors import NotFoundError, PermanentError

_LATEST, _NAMED = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
_DONE, _FAILED = "CONDITION_SUCCEEDED", "CONDITION_FAILED"
_FIELDS = {"min_instances": "minInstanceCount", "max_instances": "maxInstanceCount"}


class RunService(RevisionTraffic):
    """A service by its name. A change carries the version that was read, so it never overwrites another's."""

    def __init__(self, cloud: GcpApi, region: str, name: str) -> None:
        self._cloud = cloud
        self._name = name
        self._path = f"/v2/projects/{cloud.project}/locations/{region}/services/{name}"

    @property
    def words(self) -> str:
        """The service as sentences name it."""
        return f"Cloud Run service {self._name!r}"

    def read(self) -> Mapping[str, Any]:
        """Return what Google tells about the service. Raises NotFoundError."""
        return self._cloud.service("run").ask("GET", self._path, what=self.words).body  # type: ignore[no-any-return]

    def change(self, found: Mapping[str, Any], field: str, value: Any) -> None:
        """Change one field of the service as it was read, and wait until the change is in force.

        Raises:
            ConflictError: it has changed since it was read.
            PermanentError: Google cannot do it, and says why.
        """
        body, query = {field: value, "etag": found["etag"]}, {"updateMask": field}
        self._cloud.service("run").ask("PATCH", self._path, body, what=self.words, query=query)
        late = f"{self.words} does not serve its change"
        after = self._cloud.awaited(self.read, lambda one: _settled(one, found), late)
        condition = after.get("terminalCondition") or {}
        if condition.get("state") == _FAILED:
            raise PermanentError(f"{self.words} failed to change: {str(condition.get('message') or '')[:300]}")

    def revisions(self) -> Sequence[DeployedRevision]:
        def page(query: Mapping[str, str]) -> Mapping[str, Any]:
            run = self._cloud.service("run")
            return run.ask("GET", f"{self._path}/revisions", what=self.words, query=query).body or {}

        def following(told: Mapping[str, Any]) -> Mapping[str, Any] | None:
            return page({"pageToken": str(told["nextPageToken"])}) if told.get("nextPageToken") else None

        found = [one for told in pages(page({}), following, self.words) for one in told.get("revisions") or []]
        return sorted(map(_revision, found), key=lambda one: one.at, reverse=True)

    def newest_ready(self) -> str | None:
        return str(self.read().get("latestReadyRevision") or "").rpartition("/")[2] or None

    def traffic(self) -> tuple[TrafficShare, ...]:
        return _shares(self.read())

    def route(self, shares: Sequence[TrafficShare]) -> tuple[TrafficShare, ...]:
        found = self.read()
        if _shares(found) != tuple(shares):
            known = {one.name for one in self.revisions()}
            for one in shares:
                if one.revision is not None and one.revision not in known:
                    raise NotFoundError(f"{self.words} has no revision {one.revision[:80]!r} any more")
            self.change(found, "traffic", [_target(one) for one in shares])
        return self.traffic()


class RunLimits(ServiceLimits):
    """The least and the greatest number of instances of one service, whichever revision serves."""

    def __init__(self, service: RunService, declared: Mapping[Any, LimitBounds]) -> None:
        self._service = service
        self._declared: Mapping[str, LimitBounds] = {str(name): bounds for name, bounds in declared.items()}

    def limits(self) -> Sequence[Limit]:
        return [self.limit(name) for name in sorted(self._declared)]

    def limit(self, name: str) -> Limit:
        bounds = bounds_of(name, self._declared)
        return bounds.limit(name, _number(self._service.read(), name), "instances")

    def set_limit(self, name: str, value: int) -> Limit:
        allow(name, value, self._declared)
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        bounds_of(name, self._declared)
        found = self._service.read()
        if _number(found, name) != value:
            others = {key: one for key, one in (found.get("scaling") or {}).items() if key != _FIELDS[name]}
            wanted = others if value is None else {**others, _FIELDS[name]: value}
            self._service.change(found, "scaling", wanted)
        return self.limit(name)


def _settled(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Return whether the service has another version than before, and Google has ended working on it."""
    ended = (now.get("terminalCondition") or {}).get("state") in {_DONE, _FAILED}
    return now["etag"] != before["etag"] and not now.get("reconciling") and ended


def _number(found: Mapping[str, Any], name: str) -> int | None:
    # Google leaves out what is zero, and zero means no limit.
    return int((found.get("scaling") or {}).get(_FIELDS[name]) or 0) or None


def _shares(found: Mapping[str, Any]) -> tuple[TrafficShare, ...]:
    told = found.get("traffic") or [{"type": _LATEST, "percent": 100}]
    return tuple(
        TrafficShare(
            revision=str(one["revision"]) if one.get("type") == _NAMED else None,
            percent=int(one.get("percent") or 0),
            label=str(one.get("tag") or ""),
        )
        for one in told
    )


def _target(share: TrafficShare) -> Mapping[str, Any]:
    place = {"type": _LATEST} if share.revision is None else {"type": _NAMED, "revision": share.revision}
    return {**place, "percent": share.percent, **({"tag": share.label} if share.label else {})}


def _revision(found: Mapping[str, Any]) -> DeployedRevision:
    conditions = {one.get("type"): one.get("state") for one in found.get("conditions") or []}
    return DeployedRevision(
        name=str(found["name"]).rpartition("/")[2],
        at=datetime.fromisoformat(found["createTime"]),
        ready=conditions.get("Ready") == _DONE,
    )
