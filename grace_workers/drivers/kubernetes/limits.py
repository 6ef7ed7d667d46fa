"""The resource limits of a workload's container, and how many replicas its autoscaler may start at most."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.drivers._shared.bounds import LimitBounds, allow, bounds_of
from grace_workers.drivers.kubernetes.workload import MERGE, Workload
from grace_workers.foundation.errors import NotFoundError, PermanentError

REPLICAS = "max_replicas"

_UNITS = {"memory": "bytes", "millicpus": "thousandths of a processor", REPLICAS: "replicas"}
_FIELDS = {"memory": "memory", "millicpus": "cpu"}
_MILLI = 1000
_BINARY = (("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10))


class WorkloadLimits(ServiceLimits):
    """ServiceLimits of a workload. The cluster replaces its pods after a change of memory or processors."""

    def __init__(
        self,
        workload: Workload,
        declared: Mapping[Literal["memory", "millicpus", "max_replicas"], LimitBounds],
        container: str | None,
        autoscaler: str,
    ) -> None:
        self._workload = workload
        self._declared: Mapping[str, LimitBounds] = {str(name): bounds for name, bounds in declared.items()}
        self._container = container
        self._autoscaler = autoscaler

    def limits(self) -> Sequence[Limit]:
        return [self.limit(name) for name in sorted(self._declared)]

    def limit(self, name: str) -> Limit:
        bounds = bounds_of(name, self._declared)
        if name == REPLICAS:
            return bounds.limit(name, int(self.scaling()["spec"]["maxReplicas"]), _UNITS[name])
        containers = _containers(self._workload.raw())
        text = _text(containers[self._place(containers)], name)
        return bounds.limit(name, _value(text, name), _UNITS[name], text)

    def set_limit(self, name: str, value: int) -> Limit:
        allow(name, value, self._declared)
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        bounds_of(name, self._declared)
        if name == REPLICAS:
            if value is None:
                raise PermanentError("an autoscaler always has a limit of replicas; name one")
            self.scaling({"spec": {"maxReplicas": value}})
            return self.limit(name)
        return self._write(name, value, None if value is None else _spelled(value, name))

    def put_back_spelled(self, name: str, value: int, spelled: str) -> Limit:
        bounds_of(name, self._declared)
        # Pods are replaced for another spelling too, and what declares the workload elsewhere would change it back.
        return self.put_back_limit(name, value) if name == REPLICAS else self._write(name, value, spelled)

    def _write(self, name: str, value: int | None, text: str | None) -> Limit:
        found = self._workload.raw()
        containers = _containers(found)
        place = self._place(containers)
        if value != _value(_text(containers[place], name), name):
            changed = [*containers]
            changed[place] = _limited(containers[place], name, text)
            # A merge replaces the whole list, so it holds only for the state that was read.
            meta = {"resourceVersion": found["metadata"].get("resourceVersion")}
            self._workload.patch({"metadata": meta, "spec": {"template": {"spec": {"containers": changed}}}})
        return self.limit(name)

    def _place(self, containers: Sequence[Mapping[str, Any]]) -> int:
        names = [one["name"] for one in containers]
        if self._container is None and len(names) == 1:
            return 0
        if self._container not in names:
            asked = "has several containers" if self._container is None else f"has no container {self._container!r}"
            raise NotFoundError(f"{self._workload.words} {asked}; set `container` to one of: {', '.join(names)}")
        return names.index(self._container)

    def scaling(self, patch: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Return the autoscaler, once `patch` was merged into it."""
        from kubernetes.client import AutoscalingV2Api

        words = f"autoscaler {self._autoscaler!r} of {self._workload.words}"
        said = {"_request_timeout": self._workload.cluster.patience, "_preload_content": False}
        place = (self._autoscaler, self._workload.namespace)
        with self._workload.cluster.reached(words) as client:
            ask = AutoscalingV2Api(client)
            if patch is None:
                answer = ask.read_namespaced_horizontal_pod_autoscaler(*place, **said)
            else:
                answer = ask.patch_namespaced_horizontal_pod_autoscaler(*place, patch, _content_type=MERGE, **said)
            found: Mapping[str, Any] = json.loads(answer.data)
        return found


def _containers(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    containers: Sequence[Mapping[str, Any]] = found["spec"]["template"]["spec"]["containers"]
    return containers


def _text(container: Mapping[str, Any], name: str) -> str | None:
    """Return the limit as it is written."""
    found = ((container.get("resources") or {}).get("limits") or {}).get(_FIELDS[name])
    return None if found is None else str(found)


def _value(text: str | None, name: str) -> int | None:
    from kubernetes.utils.quantity import parse_quantity

    if text is None:
        return None
    try:
        amount = Decimal(parse_quantity(text))
    except ValueError:
        raise PermanentError(f"limit {name!r} is {text[:40]!r}, which is no quantity of Kubernetes") from None
    return int(amount * _MILLI if name == "millicpus" else amount)


def _spelled(value: int, name: str) -> str:
    """Return the quantity as people write it."""
    if name == "millicpus":
        return f"{value}m" if value % _MILLI else str(value // _MILLI)
    suffix, unit = next(((suffix, unit) for suffix, unit in _BINARY if value and value % unit == 0), ("", 1))
    return f"{value // unit}{suffix}"


def _limited(container: Mapping[str, Any], name: str, text: str | None) -> Mapping[str, Any]:
    resources = dict(container.get("resources") or {})
    limits = dict(resources.get("limits") or {})
    limits.pop(_FIELDS[name], None)
    if text is not None:
        limits[_FIELDS[name]] = text
    return {**container, "resources": {**resources, "limits": limits}}
