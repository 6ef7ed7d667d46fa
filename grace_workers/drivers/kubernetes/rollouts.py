"""The versions of one deployment: its replica sets, as `kubectl rollout` sees them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers.actions import RolledVersion, Rollout, Rollouts
from grace_workers.drivers.kubernetes.workload import Workload
from grace_workers.foundation.errors import ConflictError, NotFoundError

_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"
_LATE = "ProgressDeadlineExceeded"


class DeploymentRollouts(Rollouts):
    """A version is named like its replica set. The cluster keeps as many as `revisionHistoryLimit` says."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload

    def rollout(self) -> Rollout:
        found = self._workload.raw()
        newest = self._newest(found)
        return Rollout(version=_name(newest), stuck=_stuck(found), age=_age(newest, datetime.now(UTC)))

    def versions(self) -> Sequence[RolledVersion]:
        now = datetime.now(UTC)
        return [
            RolledVersion(name=_name(one), shows=_images(one), age=_age(one, now), serves=_serves(one))
            for one in self._sets()
        ]

    def roll_out(self, version: str) -> Rollout:
        """Give the deployment the template of that replica set, as it was read, or nothing."""
        found = self._workload.raw()
        chosen = next((one for one in self._sets() if _name(one) == version), None)
        if chosen is None:
            raise NotFoundError(f"{self._workload.words} has no version {version[:80]!r} any more")
        if _name(self._newest(found)) != version:
            if found["spec"].get("paused"):
                raise ConflictError(f"rollouts of {self._workload.words} are suspended; resume them first")
            # A merge would keep what only the present template says.
            self._workload.replace_template(_template(chosen), found["metadata"].get("resourceVersion"))
        return Rollout(version=version)

    def _newest(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the replica set of the deployment's present template."""
        wanted = _template(found["spec"])
        same = [one for one in self._sets() if _template(one) == wanted]
        if not same:
            raise ConflictError(f"{self._workload.words} has no replica set of its present template yet; look again")
        return same[0]

    def _sets(self) -> Sequence[Mapping[str, Any]]:
        """Return the replica sets, that of the newest rollout first."""
        return sorted(self._workload.replica_sets(), key=_revision, reverse=True)


def _template(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a pod template without the label that the cluster adds to that of a replica set."""
    template = (found.get("spec") or {}).get("template") or found.get("template") or {}
    meta = template.get("metadata") or {}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != _HASH}
    kept = {key: value for key, value in meta.items() if key not in ("labels", "creationTimestamp")}
    return {**template, "metadata": {**kept, "labels": labels}}


def _stuck(found: Mapping[str, Any]) -> str | None:
    for one in (found.get("status") or {}).get("conditions") or ():
        if one.get("type") == "Progressing" and one.get("status") == "False" and one.get("reason") == _LATE:
            return str(one.get("message") or "it did not come up in time")[:200]
    return None


def _age(found: Mapping[str, Any], now: datetime) -> timedelta | None:
    """Return the age of a replica set; one whose version is rolled out again keeps its own."""
    made = found["metadata"].get("creationTimestamp")
    return None if made is None else max(now - datetime.fromisoformat(made), timedelta())


def _serves(found: Mapping[str, Any]) -> bool:
    return bool((found.get("status") or {}).get("availableReplicas"))


def _name(found: Mapping[str, Any]) -> str:
    return str(found["metadata"]["name"])


def _revision(found: Mapping[str, Any]) -> int:
    text = (found["metadata"].get("annotations") or {}).get(_REVISION, "0")
    return int(text) if text.isdigit() else 0


def _images(found: Mapping[str, Any]) -> str:
    containers = found["spec"]["template"]["spec"].get("containers") or ()
    return ", ".join(str(one.get("image", "")) for one in containers)[:200]
