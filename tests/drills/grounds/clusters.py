"""A deployment of a cluster whose API is emulated, with a controller of ours that keeps its pods."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.drills.drill import Drill
from tests.kubernetes_cluster import PODS, SPACE, cluster, connection
from tests.waiting import until

WANTED = 3


class DeployedPods(Drill):
    """Three pods of the deployment `web`. The red herring is another workload's pod that is not ready."""

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.cluster = self.stage.stack.enter_context(cluster(self.stage.folder, deployment=True))
        said = connection(self.cluster, workload="deployment")
        return [{"name": "subject", "kind": "kubernetes", "owner": "internal", "connection": said}]

    def break_it(self) -> None:
        self.broken = min(self.ready())
        self.let_be(self.broken, ready=False)
        until(lambda: not self.well(), within=20)

    def revert(self) -> None:
        self.let_be(self.broken, ready=True)
        until(self.well, within=20)

    def well(self) -> bool:
        """Return whether all are ready, and the deployment says so too."""
        counted = self.cluster.raw("apps/v1/deployments", "web")["status"].get("readyReplicas", 0)
        return len(self.ready()) == WANTED == counted

    def mislead(self) -> None:
        self.let_be("stranger", ready=False)

    def clear(self) -> None:
        self.let_be("stranger", ready=True)

    def ready(self) -> Sequence[str]:
        """Return the deployment's ready pods."""
        return [name for name, pod in self.cluster.pods().items() if name != "stranger" and _is_ready(pod)]

    def let_be(self, pod: str, *, ready: bool) -> None:
        """Let a pod be ready or not, with the rest of its status as `status` says."""
        said = {"conditions": [{"type": "Ready", "status": str(ready)}], **self.status(ready=ready)}
        self.cluster.do(lambda it: it.objects[PODS, SPACE, pod].patch({"status": said}))

    def status(self, *, ready: bool) -> Mapping[str, Any]:
        """Return what else the pod's status says."""
        del ready
        return {"phase": "Running"}


def _is_ready(pod: Mapping[str, Any]) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])
