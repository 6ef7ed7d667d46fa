"""A node of a Kubernetes cluster, which can be closed and emptied."""

from datetime import timedelta

from pydantic import Field

from grace_workers.actions import Drainable, Driver, DriverContext, EnvironmentProof, Roles
from grace_workers.drivers._shared.kubernetes_names import ObjectName
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, OneLine, Timeout
from grace_workers.foundation.ids import TargetKind


class KubernetesNodeConnection(Document):
    """A node of a Kubernetes cluster.

    Grace's user or service account needs `get` and `patch` on nodes, `list` on pods, `create` on `pods/eviction`, and
    `get` on the namespace `kube-system`. Pods leave by evictions, which the cluster refuses as long as a disruption
    budget does not allow them. Those of daemon sets and of the node's own files stay, and so do those that have ended.
    `cordon_and_drain` was tried on a server of ours that follows the published API, and on no real cluster yet.
    """

    kubeconfig: FilePath | None = Field(
        default=None,
        description="The file with the cluster's address and login. Default: that of the pod Grace runs in.",
    )
    context: OneLine | None = Field(default=None, description="The context of that file. Default: its current one.")
    name: ObjectName = Field(description="The name of the node.")
    patience: Timeout = Field(default=timedelta(seconds=10), description="How long the cluster may take to answer.")


def open_kubernetes_node(said: KubernetesNodeConnection, context: DriverContext) -> Roles:
    """Return the node."""
    from grace_workers.drivers._shared.cluster import KubernetesApi
    from grace_workers.drivers.kubernetes_node.node import ClusterNode

    del context
    node = ClusterNode(KubernetesApi(said.kubeconfig, said.context, said.patience), said.name)
    drainable: Drainable = node
    proof: EnvironmentProof = node
    return {Drainable: drainable, EnvironmentProof: proof}


EXAMPLE = """\
targets:
  - name: worker-3
    kind: kubernetes_node
    owner: internal
    connection:
      kubeconfig: /etc/grace/kubeconfig
      context: production
      name: worker-3.example
"""

DEFINITION = Driver(
    kind=TargetKind("kubernetes_node"),
    connection=KubernetesNodeConnection,
    roles=(Drainable, EnvironmentProof),
    open=open_kubernetes_node,
    example=EXAMPLE,
    extra="kubernetes",
)
