"""One node: closed by a patch, and emptied by evictions."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import Drainable, EnvironmentProof, MachinePod, MachineState, go_on
from grace_workers.drivers._shared.cluster import KubernetesApi
from grace_workers.foundation.errors import ConflictError, NotFoundError, TransientError

_EVERY = 0.2
_MERGE = "application/merge-patch+json"
_READY = "Ready"
_MIRROR = "kubernetes.io/config.mirror"
_ENDED = frozenset({"Succeeded", "Failed"})


class ClusterNode(Drainable, EnvironmentProof):
    """A node by its name."""

    def __init__(self, cluster: KubernetesApi, name: str) -> None:
        self._cluster = cluster
        self._name = name
        self._words = f"node {name!r}"

    def environment(self) -> str:
        """Return the id of the namespace `kube-system`, which a cluster keeps for life."""
        return f"kubernetes:{self._cluster.identity()}"

    def state(self) -> MachineState:
        with self._cluster.asked(self._words) as (core, _):
            node = core.read_node(self._name, _request_timeout=self._cluster.patience)
        found = sorted((_pod(one) for one in self._pods()), key=lambda one: one.name)
        conditions = (node.status and node.status.conditions) or ()
        troubles = sorted(one.type for one in conditions if (one.type == _READY) is not (one.status == "True"))
        return MachineState(schedulable=not node.spec.unschedulable, pods=tuple(found), troubles=tuple(troubles))

    def set_schedulable(self, *, on: bool) -> MachineState:
        body = {"spec": {"unschedulable": None if on else True}}
        with self._cluster.asked(self._words) as (core, _):
            core.patch_node(self._name, body, _content_type=_MERGE, _request_timeout=self._cluster.patience)
        return self.state()

    def drain(self, patience: timedelta) -> Sequence[str]:
        """Ask again for what a budget holds, until the patience is over; each pod is the very one that was there."""
        until, left, why = time.monotonic() + patience.total_seconds(), set[str](), ""
        while there := self._pods():
            for pod in there:
                go_on()
                if pod.metadata.deletion_timestamp is None:
                    why = self._evict(pod) or why
                left.add(_shown(pod))
            if time.monotonic() > until:
                waits = _shown(there[0])
                said = f": {why}" if why else ""
                raise TransientError(f"pod {waits} is still there after {patience.total_seconds():g} s{said}")
            time.sleep(_EVERY)
        return sorted(left)

    def _evict(self, pod: Any) -> str:
        """Ask for an eviction; return why it may not leave now."""
        name, space = pod.metadata.name, pod.metadata.namespace
        meta = {"name": name, "namespace": space}
        # The id keeps a successor of the same name alive that began since we looked.
        same = {"preconditions": {"uid": pod.metadata.uid}}
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta, "deleteOptions": same}
        try:
            with self._cluster.asked(f"pod {space}/{name}") as (core, _):
                core.create_namespaced_pod_eviction(name, space, body, _request_timeout=self._cluster.patience)
        except (NotFoundError, ConflictError):
            return ""
        except TransientError as error:
            return str(error)
        return ""

    def _pods(self) -> Sequence[Any]:
        """Return the pods that have to leave."""
        with self._cluster.asked(f"pods of {self._words}") as (core, _):
            found = core.list_pod_for_all_namespaces(
                field_selector=f"spec.nodeName={self._name}", _request_timeout=self._cluster.patience
            ).items
        return [one for one in found if not _stays(one)]


def _stays(pod: Any) -> bool:
    owners = pod.metadata.owner_references or ()
    mirror = _MIRROR in (pod.metadata.annotations or {})
    ended = pod.status is not None and pod.status.phase in _ENDED
    return mirror or ended or any(one.kind == "DaemonSet" and one.controller for one in owners)


def _pod(pod: Any) -> MachinePod:
    controlled = any(one.controller for one in pod.metadata.owner_references or ())
    local = any(one.empty_dir is not None for one in (pod.spec and pod.spec.volumes) or ())
    return MachinePod(name=_shown(pod), controlled=controlled, local=local)


def _shown(pod: Any) -> str:
    return f"{pod.metadata.namespace}/{pod.metadata.name}"
