"""One workload: its pods, which are restarted by deletion, and the number of its replicas."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers.actions import CRASHED_LATELY, EnvironmentProof, Scalable, Scale, ServicePart, ServiceParts
from grace_workers.drivers._shared.cluster import KubernetesApi
from grace_workers.foundation.errors import NotFoundError, TransientError

_EVERY = 0.1
MERGE = "application/merge-patch+json"
_JSON = "application/json-patch+json"
_ENDED = {"Succeeded", "Failed"}
_BACK_OFF = "CrashLoopBackOff"
_AGAIN = 2


class Workload(ServiceParts, EnvironmentProof):
    """The pods of one deployment, stateful set or daemon set."""

    def __init__(self, cluster: KubernetesApi, namespace: str, kind: str, name: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self._kind = kind
        self._name = name

    @property
    def words(self) -> str:
        """The workload as sentences name it."""
        return f"{self._kind} {self.namespace}/{self._name}"

    def is_named(self, kind: str, name: str) -> bool:
        """Return whether an object of the same namespace means this workload: `Deployment`, `web`."""
        return (kind.casefold(), name) == (self._kind, self._name)

    def environment(self) -> str:
        """Return the id of the namespace `kube-system`, which a cluster keeps for life, and our own namespace."""
        return f"kubernetes:{self.cluster.identity()}/{self.namespace}"

    def parts(self) -> Sequence[ServicePart]:
        return sorted((_part(one) for one in self._pods()), key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        """Delete the very pod of that name, and wait for a healthy one that was not there before.

        The successor of a stateful set's pod has the same name; that of another workload's has a new one.
        """
        pods = {one.metadata.name: one for one in self._pods()}
        if name not in pods:
            raise NotFoundError(f"{self.words} has no pod {name[:80]!r} any more")
        before = {one.metadata.uid for one in pods.values()}
        with self.cluster.asked(f"pod {name!r}") as (core, _):
            # The id keeps a successor of the same name alive that began since we looked.
            same = {"preconditions": {"uid": pods[name].metadata.uid}}
            core.delete_namespaced_pod(name, self.namespace, body=same, _request_timeout=self.cluster.patience)
        return self._successor(name, before, patience)

    def read(self) -> Any:
        """Return the workload itself."""
        with self.cluster.asked(self.words) as (_, apps):
            ask = getattr(apps, f"read_namespaced_{_method(self._kind)}")
            return ask(self._name, self.namespace, _request_timeout=self.cluster.patience)

    def raw(self) -> Mapping[str, Any]:
        """Return the workload as the API says it, with what this release of the client does not know."""
        with self.cluster.asked(self.words) as (_, apps):
            ask = getattr(apps, f"read_namespaced_{_method(self._kind)}")
            limit = self.cluster.patience
            answer = ask(self._name, self.namespace, _request_timeout=limit, _preload_content=False)
            found: Mapping[str, Any] = json.loads(answer.data)
        return found

    def replace_template(self, template: Mapping[str, Any], version: str | None) -> None:
        """Give the workload this pod template in place of the whole present one.

        Raises:
            ConflictError: the workload was changed since it had this resource version.
        """
        body = [{"op": "replace", "path": "/spec/template", "value": template}]
        if version is not None:
            body.append({"op": "add", "path": "/metadata/resourceVersion", "value": version})
        with self.cluster.asked(self.words) as (_, apps):
            ask = getattr(apps, f"patch_namespaced_{_method(self._kind)}")
            ask(self._name, self.namespace, body, _content_type=_JSON, _request_timeout=self.cluster.patience)

    def replica_sets(self) -> Sequence[Mapping[str, Any]]:
        """Return the replica sets that the deployment owns, as the API says them."""
        owner = self.raw()["metadata"]["uid"]
        with self.cluster.asked(f"replica sets of {self.words}") as (_, apps):
            limit = self.cluster.patience
            answer = apps.list_namespaced_replica_set(self.namespace, _request_timeout=limit, _preload_content=False)
            found = json.loads(answer.data)["items"]
        return [one for one in found if any(_owns(ref, owner) for ref in one["metadata"].get("ownerReferences") or ())]

    def patch(self, body: dict[str, Any]) -> Any:
        """Merge `body` into the workload and return it."""
        with self.cluster.asked(self.words) as (_, apps):
            ask = getattr(apps, f"patch_namespaced_{_method(self._kind)}")
            limit = self.cluster.patience
            return ask(self._name, self.namespace, body, _content_type=MERGE, _request_timeout=limit)

    def _successor(self, name: str, before: set[str], patience: timedelta) -> ServicePart:
        until = time.monotonic() + patience.total_seconds()
        while True:
            new = [_part(one) for one in self._pods() if one.metadata.uid not in before]
            if healthy := [one for one in new if one.healthy]:
                return next((one for one in healthy if one.name == name), healthy[0])
            if time.monotonic() > until:
                late = f"{patience.total_seconds():g} s after pod {name!r} was deleted"
                raise TransientError(f"{self.words} has no healthy successor {late}; look at the events of its pods")
            time.sleep(_EVERY)

    def _pods(self) -> Sequence[Any]:
        """Return the active pods that the workload or one of its replica sets owns, whatever their labels say.

        Like the workload's controller, it counts neither pods that are being deleted nor those that have ended.
        """
        workload = self.read()
        selector = ",".join(f"{key}={value}" for key, value in (workload.spec.selector.match_labels or {}).items())
        limit = self.cluster.patience
        with self.cluster.asked(f"pods of {self.words}") as (core, apps):
            owners = {workload.metadata.uid}
            if self._kind == "deployment":
                sets = apps.list_namespaced_replica_set(
                    self.namespace, label_selector=selector, _request_timeout=limit
                ).items
                owners = {one.metadata.uid for one in sets if _owned(one, owners)}
            pods = core.list_namespaced_pod(self.namespace, label_selector=selector, _request_timeout=limit).items
        return [one for one in pods if _owned(one, owners) and _is_active(one)]


class WorkloadScale(Scalable):
    """The replicas of a workload, within bounds."""

    def __init__(self, workload: Workload, lowest: int, highest: int) -> None:
        self._workload = workload
        self._lowest, self._highest = lowest, highest

    def scale(self) -> Scale:
        return self._scale(self._workload.read())

    def scale_to(self, count: int) -> Scale:
        return self._scale(self._workload.patch({"spec": {"replicas": count}}))

    def _scale(self, found: Any) -> Scale:
        wanted = 1 if found.spec.replicas is None else int(found.spec.replicas)
        ready = int((found.status and found.status.ready_replicas) or 0)
        return Scale(wanted=wanted, ready=ready, lowest=self._lowest, highest=self._highest)


def _method(kind: str) -> str:
    return {"statefulset": "stateful_set", "daemonset": "daemon_set"}.get(kind, kind)


def _owns(reference: Mapping[str, Any], owner: str) -> bool:
    return bool(reference.get("controller")) and reference.get("uid") == owner


def _owned(one: Any, owners: set[str]) -> bool:
    return any(owner.uid in owners and owner.controller for owner in one.metadata.owner_references or ())


def _is_active(pod: Any) -> bool:
    return pod.metadata.deletion_timestamp is None and (pod.status and pod.status.phase) not in _ENDED


def _part(pod: Any) -> ServicePart:
    """Return a pod as a part. A container that was restarted in place makes it another incarnation."""
    status = pod.status
    containers = (status and status.container_statuses) or ()
    restarts = sum(one.restart_count for one in containers)
    ready = any(one.type == "Ready" and one.status == "True" for one in (status and status.conditions) or ())
    return ServicePart(
        name=pod.metadata.name,
        incarnation=f"{pod.metadata.uid}/{restarts}",
        healthy=ready,
        out_of_memory=any((end := _end(one)) is not None and end.reason == "OOMKilled" for one in containers),
        crashing=any(_crashes(one, datetime.now(UTC)) for one in containers),
    )


def _end(container: Any) -> Any:
    """Return how the container ended the last time, None if it never did."""
    return container.last_state and container.last_state.terminated


def _crashes(container: Any, now: datetime) -> bool:
    """Return whether it ended at least twice, the last time lately; between two ends it may seem well."""
    waiting = container.state and container.state.waiting
    if waiting is not None and waiting.reason == _BACK_OFF:
        return True
    ended = getattr(_end(container), "finished_at", None)
    return container.restart_count >= _AGAIN and ended is not None and now - ended < CRASHED_LATELY
