"""A container of a pod does not start, and its pod waits."""

from collections.abc import Mapping
from typing import Any

from tests.drills.grounds.clusters import DeployedPods


class WaitingContainer(DeployedPods):
    """The red herring is a container of another workload that waits."""

    signal = "KubeContainerWaiting"
    playbook = "restart_failed_parts"
    cause = "container_waiting"

    def status(self, *, ready: bool) -> Mapping[str, Any]:
        """Return how the only container is."""
        if ready:
            return {"phase": "Running", "containerStatuses": [_container(ready=True, state={"running": {}})]}
        waits = {"waiting": {"reason": "ContainerCreating"}}
        return {"phase": "Pending", "containerStatuses": [_container(ready=False, state=waits)]}


def _container(*, ready: bool, state: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"name": "web", "image": "web", "imageID": "", "restartCount": 0, "ready": ready, "state": state}


DRILL = WaitingContainer
