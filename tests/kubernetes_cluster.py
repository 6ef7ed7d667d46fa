"""A Kubernetes API over HTTP, from `kmock`, with a controller of ours that keeps the pods of workloads.

The controller is as simple as can be, so what is shown is that the driver speaks the API, not how a cluster behaves.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest
import yaml

SETS, PODS, REPLICA_SETS, DEPLOYMENTS = "apps/v1/statefulsets", "v1/pods", "apps/v1/replicasets", "apps/v1/deployments"
SPACE = "shop"
_EVERY = 0.02


@dataclass
class Cluster:
    """The cluster's address, and what it holds."""

    url: str
    kubeconfig: Path
    emulator: Any
    loop: asyncio.AbstractEventLoop

    def do(self, what: Any) -> Any:
        """Run a function on the cluster's own thread and return its result."""

        async def run() -> Any:
            return what(self.emulator)

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(20)

    def raw(self, resource: str, name: str) -> dict[str, Any]:
        """Return an object as the API shows it."""
        found: dict[str, Any] = self.do(lambda it: json.loads(json.dumps(it.objects[resource, SPACE, name].raw)))
        return found

    def pods(self) -> dict[str, dict[str, Any]]:
        """Return all pods by name."""
        return self.do(_pods)  # type: ignore[no-any-return]

    def fail(self, name: str) -> None:
        """Let a pod be not ready; its successor is."""
        self.do(lambda it: it.objects[PODS, SPACE, name].patch({"status": _status(ready=False)}))


class Controller(Protocol):
    """What fills a cluster, and keeps it as its objects say."""

    def fill(self, emulator: Any) -> None:
        """Make the objects."""

    def control(self, emulator: Any) -> None:
        """Do what has to be done now."""


def needed() -> Any:
    """Return `kmock`; skip the test where it or the client of Kubernetes is not installed."""
    pytest.importorskip("kubernetes", reason="the extra `kubernetes` is not installed")
    return pytest.importorskip("kmock", reason="kmock, which emulates a cluster's API, is not installed")


def connection(found: Cluster, **more: Any) -> dict[str, Any]:
    """Return the connection of a target to the workload `web`."""
    said = {"kubeconfig": str(found.kubeconfig), "namespace": SPACE, "workload": "statefulset", "name": "web"}
    return {**said, "scale": {"lowest": 1, "highest": 5}, **more}


@contextmanager
def cluster(
    folder: Path,
    *,
    deployment: bool = False,
    replicas: int = 3,
    ready: bool = True,
    controller: Controller | None = None,
) -> Iterator[Cluster]:
    """Serve a cluster with one stateful set `web`, or a deployment of that name, and the pod of another workload.

    Without `ready`, no pod that is started later becomes ready. A `controller` fills and keeps the cluster instead.
    """
    kmock = needed()
    kept = controller or _Keeping(deployment=deployment, replicas=replicas, ready=ready)
    started, stop, made = threading.Event(), asyncio.Event(), {}

    async def serve() -> None:
        async with kmock.KubernetesEmulator() as emulator, kmock.Server(emulator) as server:
            kept.fill(emulator)
            made.update(emulator=emulator, url=str(server.url), loop=asyncio.get_running_loop())
            kept.control(emulator)
            started.set()
            while not stop.is_set():
                kept.control(emulator)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _EVERY)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="kmock", daemon=True)
    thread.start()
    assert started.wait(20)
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(kubeconfig_of(made["url"])))
    kubeconfig.chmod(0o600)
    try:
        yield Cluster(made["url"], kubeconfig, made["emulator"], made["loop"])
    finally:
        made["loop"].call_soon_threadsafe(stop.set)
        thread.join(20)


@dataclass(frozen=True)
class _Keeping:
    """The controller of one workload, whose pods are ready at first."""

    deployment: bool
    replicas: int
    ready: bool

    def fill(self, emulator: Any) -> None:
        """Make the workload and its pods."""
        _fill(emulator, deployment=self.deployment, replicas=self.replicas)
        _control(emulator, ready=True)

    def control(self, emulator: Any) -> None:
        """Keep as many pods as there should be."""
        _control(emulator, ready=self.ready)


def _fill(emulator: Any, *, deployment: bool, replicas: int) -> None:
    uid, labels = str(uuid4()), {"app": "web"}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}}
    emulator.resources[PODS].namespaced = True
    emulator["get /api/v1/namespaces/kube-system"] << {"metadata": {"name": "kube-system", "uid": "c1"}}
    whole = {"metadata": {"name": "web", "namespace": SPACE, "uid": uid, "labels": labels}, "spec": spec}
    emulator.objects[DEPLOYMENTS if deployment else SETS, SPACE, "web"] = whole
    if deployment:
        owner = [{"kind": "Deployment", "name": "web", "uid": uid, "controller": True, "apiVersion": "apps/v1"}]
        meta = {"name": "web-1", "namespace": SPACE, "uid": str(uuid4()), "labels": labels, "ownerReferences": owner}
        emulator.objects[REPLICA_SETS, SPACE, "web-1"] = {"metadata": meta, "spec": spec}
    # A pod of someone else's workload, with the same labels.
    emulator.objects[PODS, SPACE, "stranger"] = _pod("stranger", labels, "other", ready=True)


def _control(emulator: Any, *, ready: bool) -> None:
    """Do what the controllers of a cluster do: keep as many pods as there should be."""
    pods = _pods(emulator)
    for resource, name in ((SETS, "web"), (REPLICA_SETS, "web-1")):
        if not _has(emulator, resource, name) or emulator.objects[resource, SPACE, name].deleted:
            continue
        found = emulator.objects[resource, SPACE, name].raw
        top = emulator.objects[DEPLOYMENTS, SPACE, "web"].raw if resource == REPLICA_SETS else found
        wanted, uid = top["spec"]["replicas"], found["metadata"]["uid"]
        own = {key: one for key, one in pods.items() if one["metadata"]["ownerReferences"][0]["uid"] == uid}
        names = [f"web-{number}" for number in range(wanted)]
        missing = [one for one in names if one not in own][: wanted - len(own)] if resource == SETS else []
        if resource == REPLICA_SETS:
            missing = [f"web-1-{uuid4().hex[:5]}" for _ in range(wanted - len(own))]
        for one in missing:
            _create(emulator, one, _pod(one, {"app": "web"}, uid, ready=ready))
        for one in sorted(own)[wanted:]:
            emulator.objects[PODS, SPACE, one].delete()
        count = sum(one["status"]["conditions"][0]["status"] == "True" for one in own.values())
        whole = DEPLOYMENTS if resource == REPLICA_SETS else SETS
        emulator.objects[whole, SPACE, "web"].patch({"status": {"readyReplicas": min(count, wanted)}})


def _create(emulator: Any, name: str, pod: dict[str, Any]) -> None:
    if _has(emulator, PODS, name):
        emulator.objects[PODS, SPACE, name].create(pod)
    else:
        emulator.objects[PODS, SPACE, name] = pod


def _has(emulator: Any, resource: str, name: str) -> bool:
    plural = resource.rpartition("/")[2]
    return any(one.plural == plural and key == name for one, _, key in emulator.objects)


def _pods(emulator: Any) -> dict[str, dict[str, Any]]:
    found = [one for (resource, _, _), one in emulator.objects.items() if resource.plural == "pods" and not one.deleted]
    return {one.raw["metadata"]["name"]: dict(one.raw) for one in found}


def _pod(name: str, labels: dict[str, str], owner: str, *, ready: bool) -> dict[str, Any]:
    reference = {"kind": "Any", "name": "web", "uid": owner, "controller": True, "apiVersion": "apps/v1"}
    meta = {"name": name, "namespace": SPACE, "uid": str(uuid4()), "labels": labels, "ownerReferences": [reference]}
    return {"metadata": meta, "spec": {"containers": [{"name": "web"}]}, "status": _status(ready=ready)}


def _status(*, ready: bool) -> dict[str, Any]:
    return {"phase": "Running", "conditions": [{"type": "Ready", "status": str(ready)}]}


def kubeconfig_of(url: str) -> dict[str, Any]:
    """Return a kubeconfig with that address and a token."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": url.rstrip("/")}}],
        "users": [{"name": "test", "user": {"token": "hunter2"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }
