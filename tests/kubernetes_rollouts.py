"""A deployment over the emulated API, with a controller of ours that rolls its pod template out as a cluster would."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.kubernetes_cluster import DEPLOYMENTS, PODS, REPLICA_SETS, SPACE, Cluster
from tests.waiting import until

SCALERS = "autoscaling/v2/horizontalpodautoscalers"
REVISION = "deployment.kubernetes.io/revision"
LATE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "pods are not ready"}
DONE = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
OLD = timedelta(days=30)
CRASH = "CrashLoopBackOff"
Template = Mapping[str, Any]


def template(image: str = "web:1", **limits: str) -> dict[str, Any]:
    """Return a pod template with one container."""
    container: dict[str, Any] = {"name": "web", "image": image}
    if limits:
        container["resources"] = {"limits": limits}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}


@dataclass
class Rolling:
    """The controller. Pods of a template for which `fails` returns a reason do not become ready.

    Beside the deployment is an autoscaler of it, if it is `scaled`.
    """

    first: Template
    fails: Callable[[Template], str | None] = lambda _: None
    replicas: int = 3
    most: int = 20
    scaled: bool = True

    def fill(self, emulator: Any) -> None:
        """Make the deployment `web`, and its autoscaler."""
        emulator.resources[PODS].namespaced = True
        emulator["get /api/v1/namespaces/kube-system"] << {"metadata": {"name": "kube-system", "uid": "c1"}}
        spec = {"replicas": self.replicas, "selector": {"matchLabels": {"app": "web"}}, "template": self.first}
        meta = {"name": "web", "namespace": SPACE, "uid": str(uuid4())}
        emulator.objects[DEPLOYMENTS, SPACE, "web"] = {"metadata": meta, "spec": spec}
        of = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        bounds = {"scaleTargetRef": of, "minReplicas": 1, "maxReplicas": self.most}
        if self.scaled:
            emulator.objects[SCALERS, SPACE, "web"] = {"metadata": {"name": "web", "namespace": SPACE}, "spec": bounds}

    def control(self, emulator: Any) -> None:
        """Keep the pods of the present template, and those of the one before until the new ones are ready."""
        whole = emulator.objects[DEPLOYMENTS, SPACE, "web"].raw
        current = self._set_of(emulator, whole)
        why = self.fails(whole["spec"]["template"])
        own = _pods_of(emulator, current["metadata"]["uid"])
        wanted = whole["spec"]["replicas"]
        for _ in range(wanted - len(own)):
            name = f"{current['metadata']['name']}-{uuid4().hex[:5]}"
            emulator.objects[PODS, SPACE, name] = _pod(name, current, why)
        for name in sorted(own)[wanted:]:
            emulator.objects[PODS, SPACE, name].delete()
        if why is None:
            for name in _pods(emulator).keys() - _pods_of(emulator, current["metadata"]["uid"]).keys():
                emulator.objects[PODS, SPACE, name].delete()
        ready = sum(_is_ready(one) for one in _pods(emulator).values())
        status = {"readyReplicas": min(ready, wanted), "conditions": [DONE if why is None else LATE]}
        if whole.get("status") != status:
            emulator.objects[DEPLOYMENTS, SPACE, "web"].patch({"status": status})

    def _set_of(self, emulator: Any, whole: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the replica set of the present template, as the newest revision."""
        sets = _live(emulator, "replicasets")
        newest = max((int(one["metadata"]["annotations"][REVISION]) for one in sets.values()), default=0)
        for name, one in sets.items():
            if _plain(one["spec"]["template"]) == _plain(whole["spec"]["template"]):
                if int(one["metadata"]["annotations"][REVISION]) < newest:
                    again = {"metadata": {"annotations": {REVISION: str(newest + 1)}}}
                    emulator.objects[REPLICA_SETS, SPACE, name].patch(again)
                return one
        name = f"web-{uuid4().hex[:6]}"
        owner = [{"kind": "Deployment", "name": "web", "uid": whole["metadata"]["uid"], "controller": True}]
        meta = {"name": name, "namespace": SPACE, "uid": str(uuid4()), "labels": {"app": "web"}}
        # The first version is an old one; later ones are as old as they are.
        made_at = datetime.now(UTC) - (timedelta() if sets else OLD)
        meta |= {"ownerReferences": owner, "annotations": {REVISION: str(newest + 1)}}
        meta |= {"creationTimestamp": f"{made_at:%Y-%m-%dT%H:%M:%SZ}"}
        hashed = {**whole["spec"]["template"], "metadata": {"labels": {"app": "web", "pod-template-hash": name}}}
        made = {"metadata": meta, "spec": {"template": hashed, "selector": {"matchLabels": {"app": "web"}}}}
        emulator.objects[REPLICA_SETS, SPACE, name] = made
        return made


def release(found: Cluster, new: Template) -> None:
    """Roll a template out, and return once the cluster knows it as a version."""
    found.do(lambda it: it.objects[DEPLOYMENTS, SPACE, "web"].patch({"spec": {"template": new}}))
    until(lambda: any(_plain(one) == _plain(new) for one in known(found)), within=20)


def known(found: Cluster) -> Sequence[Template]:
    """Return the templates of all versions that the cluster keeps."""
    sets: Mapping[str, Any] = found.do(lambda it: _live(it, "replicasets"))
    return [one["spec"]["template"] for one in sets.values()]


def in_force(found: Cluster) -> Mapping[str, Any]:
    """Return the only container of the present template."""
    container: Mapping[str, Any] = found.raw(DEPLOYMENTS, "web")["spec"]["template"]["spec"]["containers"][0]
    return container


def serve(found: Cluster) -> bool:
    """Return whether as many pods are ready as there should be, and no other is there."""
    pods = found.pods().values()
    return len(pods) == found.raw(DEPLOYMENTS, "web")["spec"]["replicas"] and all(map(_is_ready, pods))


def _plain(one: Template) -> Template:
    labels = {key: value for key, value in one["metadata"]["labels"].items() if key != "pod-template-hash"}
    return {**one, "metadata": {"labels": labels}}


def _live(emulator: Any, plural: str) -> dict[str, Any]:
    found = [one for (resource, _, _), one in emulator.objects.items() if resource.plural == plural and not one.deleted]
    return {one.raw["metadata"]["name"]: dict(one.raw) for one in found}


def _pods(emulator: Any) -> dict[str, Any]:
    return _live(emulator, "pods")


def _pods_of(emulator: Any, uid: str) -> dict[str, Any]:
    pods = _pods(emulator).items()
    return {name: one for name, one in pods if one["metadata"]["ownerReferences"][0]["uid"] == uid}


def _pod(name: str, of: Mapping[str, Any], why: str | None) -> dict[str, Any]:
    owner = {"kind": "ReplicaSet", "name": of["metadata"]["name"], "uid": of["metadata"]["uid"], "controller": True}
    meta = {"name": name, "namespace": SPACE, "uid": str(uuid4()), "labels": {"app": "web"}, "ownerReferences": [owner]}
    last = {} if why is None else {"terminated": {"reason": why, "exitCode": 137}}
    state = {"waiting": {"reason": CRASH}} if why == CRASH else {}
    container = {"name": "web", "image": "web", "imageID": "", "restartCount": 0, "ready": why is None, "state": state}
    conditions = [{"type": "Ready", "status": str(why is None)}]
    status = {"phase": "Running", "conditions": conditions, "containerStatuses": [{**container, "lastState": last}]}
    return {"metadata": meta, "spec": of["spec"]["template"]["spec"], "status": status}


def _is_ready(pod: Mapping[str, Any]) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])
