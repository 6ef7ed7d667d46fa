"""A node of a cluster over HTTP, as the Kubernetes API is published: its pods, evictions, and a disruption budget.

It is ours, so what is shown is that the driver speaks the API, not how a cluster behaves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.emulated import Asked, Emulated, Told, served
from tests.kubernetes_cluster import kubeconfig_of

NODE = "worker-3"


class NodeApi:
    """One node and its pods by name; those in `held` may not leave, and evicted ones leave after `lags` looks."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Have an open node with two pods of a deployment, and two that belong to it."""
        self.unschedulable = False
        self.pods: dict[str, dict[str, Any]] = {}
        self.leaving: dict[str, int] = {}
        self.held: set[str] = set()
        self.lags = 1
        self.pressed: str | None = None
        self.ready = "True"
        self.add("web-1")
        self.add("web-2")
        self.add("logs", owner="DaemonSet")
        self.add("proxy", owner=None, annotations={"kubernetes.io/config.mirror": "1"})

    def add(self, name: str, *, owner: str | None = "ReplicaSet", **meta: Any) -> None:
        """Put a pod on the node."""
        owners = [{"kind": owner, "name": "o", "uid": "u", "controller": True, "apiVersion": "apps/v1"}]
        about = {"name": name, "namespace": "shop", "uid": str(uuid4()), "ownerReferences": owners if owner else []}
        spec: dict[str, Any] = {"nodeName": NODE, "containers": [{"name": "c"}], "volumes": []}
        self.pods[name] = {"metadata": {**about, **meta}, "spec": spec, "status": {"phase": "Running"}}

    def answer(self, asked: Asked) -> Told:
        """Answer one request."""
        if asked.path == f"/api/v1/nodes/{NODE}":
            if asked.method == "PATCH":
                self.unschedulable = bool(asked.body["spec"]["unschedulable"])
            spec = {"unschedulable": True} if self.unschedulable else {}
            conditions = [{"type": "Ready", "status": self.ready}, {"type": "DiskPressure", "status": "False"}]
            if self.pressed is not None:
                conditions.append({"type": self.pressed, "status": "True"})
            status = {"conditions": conditions}
            meta = {"name": NODE}
            return Told(200, {"kind": "Node", "apiVersion": "v1", "metadata": meta, "spec": spec, "status": status})
        if asked.path == "/api/v1/namespaces/kube-system":
            return Told(200, {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "c1"}})
        if asked.path == "/api/v1/pods":
            return self._listed(asked)
        *_, name, what = asked.path.split("/")
        if what == "eviction" and asked.method == "POST" and name in self.pods:
            return self._evicted(name, asked)
        return Told(404, {"kind": "Status", "message": f"{asked.path} not found", "code": 404})

    def _listed(self, asked: Asked) -> Told:
        if asked.query.get("fieldSelector") != f"spec.nodeName={NODE}":
            return Told(400, {"kind": "Status", "message": "field selector expected"})
        for name in list(self.leaving):
            self.leaving[name] -= 1
            if self.leaving[name] < 0:
                del self.leaving[name], self.pods[name]
        return Told(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": list(self.pods.values())})

    def _evicted(self, name: str, asked: Asked) -> Told:
        if asked.body["deleteOptions"]["preconditions"]["uid"] != self.pods[name]["metadata"]["uid"]:
            return Told(409, {"kind": "Status", "message": "the UID in the precondition does not match"})
        if name in self.held:
            why = "Cannot evict pod as it would violate the pod's disruption budget."
            return Told(429, {"kind": "Status", "message": why, "code": 429})
        self.leaving.setdefault(name, self.lags)
        self.pods[name]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        return Told(201, {"kind": "Status", "status": "Success"})


@contextmanager
def cluster_node(folder: Path) -> Iterator[tuple[NodeApi, Emulated, dict[str, Any]]]:
    """Yield the node of this process, as it begins, its API, and the connection of a target."""
    pytest.importorskip("kubernetes", reason="the extra `kubernetes` is not installed")
    node, api = _running()
    node.start()
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(kubeconfig_of(api.url)))
    path.chmod(0o600)
    try:
        yield node, api, {"kubeconfig": str(path), "name": NODE}
    finally:
        api.well()


@cache
def _running() -> tuple[NodeApi, Emulated]:
    node = NodeApi()
    return node, served(Emulated(node.answer))
