"""The rollouts of a deployment, which can be paused as `kubectl rollout pause` does."""

from grace_workers.actions import Suspendable
from grace_workers.drivers.kubernetes.workload import Workload


class RolloutPause(Suspendable):
    """While it is paused, a change of the pod template starts no pod; scaling and restarts of pods go on."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload

    def begins(self) -> str:
        return f"rollouts of {self._workload.words}"

    def is_suspended(self) -> bool:
        return bool(self._workload.raw()["spec"].get("paused"))

    def suspend(self) -> None:
        self._workload.patch({"spec": {"paused": True}})

    def resume(self) -> None:
        self._workload.patch({"spec": {"paused": None}})
