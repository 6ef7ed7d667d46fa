"""The least and the greatest number of replicas of one container app."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.drivers._shared.bounds import LimitBounds, allow, bounds_of
from grace_workers.drivers.azure_containerapp.app import ContainerApp

_FIELDS = {"min_replicas": "minReplicas", "max_replicas": "maxReplicas"}


class ReplicaLimits(ServiceLimits):
    """The limits of the app's newest revision; a new value is a new revision of the same containers."""

    def __init__(self, app: ContainerApp, declared: Mapping[Any, LimitBounds]) -> None:
        self._app = app
        self._declared: Mapping[str, LimitBounds] = {str(name): bounds for name, bounds in declared.items()}

    def limits(self) -> Sequence[Limit]:
        return [self.limit(name) for name in sorted(self._declared)]

    def limit(self, name: str) -> Limit:
        bounds = bounds_of(name, self._declared)
        found = (self._app.read()["template"].get("scale") or {}).get(_FIELDS[name])
        return bounds.limit(name, None if found is None else int(found), "replicas")

    def set_limit(self, name: str, value: int) -> Limit:
        allow(name, value, self._declared)
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        bounds_of(name, self._declared)
        if self.limit(name).value != value:
            self._app.change({"template": {"scale": {_FIELDS[name]: value}}})
        late = f"{self._app.words} does not show the limit {value}"
        return self._app.cloud.awaited(lambda: self.limit(name), lambda one: one.value == value, late)
