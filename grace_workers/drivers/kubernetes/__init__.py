"""A workload of a Kubernetes cluster: its pods, and how many there are."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from grace_workers.actions import (
    DeclaredElsewhere,
    Driver,
    DriverContext,
    EnvironmentProof,
    Roles,
    Rollouts,
    Scalable,
    ServiceLimits,
    ServiceParts,
    Suspendable,
)
from grace_workers.drivers._shared.bounds import LimitBounds
from grace_workers.drivers._shared.cluster_access import ClusterAccess
from grace_workers.drivers._shared.kubernetes_names import ObjectName
from grace_workers.drivers._shared.scale_bounds import ScaleBounds
from grace_workers.foundation.ids import TargetKind

_FIELDS: Mapping[type, str] = {
    Scalable: "replicas",
    Rollouts: "template",
    ServiceLimits: "template",
    Suspendable: "paused",
}
LimitName = Literal["memory", "millicpus", "max_replicas"]


class KubernetesConnection(ClusterAccess):
    """A workload of a Kubernetes cluster.

    Grace's user or service account needs `get` on the workload and on the namespace `kube-system`, `list` on pods
    and replica sets, `delete` on pods to restart them, `patch` on the workload to scale it, to set `limits` or
    to take a rollout back or suspend it, `list` on horizontal pod autoscalers to scale it, and `get` and `patch` on
    its own for `max_replicas`. A restart deletes one pod at a time, and only the very pod that was looked at; the
    cluster's controller starts its successor.
    A plan says what would put its change back: Argo CD, Flux, an object that controls the workload, or its autoscaler.
    It was tried on an emulated API, and on no real cluster yet.
    """

    namespace: ObjectName = Field(description="The namespace of the workload.")
    workload: Literal["deployment", "statefulset", "daemonset"] = Field(description="What kind of workload it is.")
    name: ObjectName = Field(description="The name of the workload.")
    scale: ScaleBounds | None = Field(default=None, description="How many replicas there may be; not of a daemonset.")
    rollouts: bool = Field(
        default=False, description="Whether rollouts may be taken back and suspended; only of a deployment."
    )
    limits: Annotated[dict[LimitName, LimitBounds], Field(min_length=1)] | None = Field(
        default=None, description="The limits that may be set, each with its bounds."
    )
    container: ObjectName | None = Field(
        default=None, description="The container whose limits those are. Default: the only one."
    )
    autoscaler: ObjectName | None = Field(
        default=None, description="The autoscaler whose `max_replicas` it is. Default: the one of the workload's name."
    )

    @model_validator(mode="after")
    def _scalable(self) -> Self:
        if self.scale is not None and self.workload == "daemonset":
            raise ValueError("a daemonset has one pod on each node, so `scale` does not apply")
        if self.rollouts and self.workload != "deployment":
            raise ValueError(f"a rollout of a {self.workload} cannot be taken back here; leave `rollouts` out")
        return self


def open_kubernetes(said: KubernetesConnection, context: DriverContext) -> Roles:
    """Return the pods of the workload, and its scale, limits and rollouts if they are declared."""
    from grace_workers.drivers._shared.delivery import ClusterDelivery
    from grace_workers.drivers.kubernetes.limits import REPLICAS, WorkloadLimits
    from grace_workers.drivers.kubernetes.pausing import RolloutPause
    from grace_workers.drivers.kubernetes.rollouts import DeploymentRollouts
    from grace_workers.drivers.kubernetes.scaling import ScaledWorkload
    from grace_workers.drivers.kubernetes.workload import Workload, WorkloadScale

    del context
    cluster = said.open()
    workload = Workload(cluster, said.namespace, said.workload, said.name)
    parts: ServiceParts = workload
    proof: EnvironmentProof = workload
    delivery: DeclaredElsewhere = ClusterDelivery((workload.raw, _FIELDS))
    roles: dict[type, object] = {ServiceParts: parts, EnvironmentProof: proof}
    if said.rollouts:
        rollouts: Rollouts = DeploymentRollouts(workload)
        roles[Rollouts] = rollouts
        pause: Suspendable = RolloutPause(workload)
        roles[Suspendable] = pause
    if said.limits is not None:
        made = WorkloadLimits(workload, said.limits, said.container, said.autoscaler or said.name)
        limits: ServiceLimits = made
        roles[ServiceLimits] = limits
        if REPLICAS in said.limits:
            delivery = ClusterDelivery((workload.raw, _FIELDS), (made.scaling, {ServiceLimits: "maxReplicas"}))
    if said.scale is not None:
        scale: Scalable = WorkloadScale(workload, said.scale.lowest, said.scale.highest)
        roles[Scalable] = scale
        delivery = ScaledWorkload(workload, delivery)
    roles[DeclaredElsewhere] = delivery
    return roles


EXAMPLE = """\
targets:
  - name: shop-web
    kind: kubernetes
    owner: internal
    connection:
      kubeconfig: /etc/grace/kubeconfig
      context: production
      namespace: shop
      workload: deployment
      name: web
      scale: {lowest: 2, highest: 10}
      rollouts: true
      limits:
        memory: {lowest: 268_435_456, highest: 2_147_483_648}
"""

DEFINITION = Driver(
    kind=TargetKind("kubernetes"),
    connection=KubernetesConnection,
    roles=(ServiceParts, EnvironmentProof, DeclaredElsewhere),
    optional={Scalable: "scale", Rollouts: "rollouts", Suspendable: "rollouts", ServiceLimits: "limits"},
    open=open_kubernetes,
    example=EXAMPLE,
    extra="kubernetes",
)
