"""A node of a Kubernetes cluster, which can be closed and emptied."""

from pydantic import Field

from grace_workers.actions import Drainable, Driver, DriverContext, EnvironmentProof, Roles
from grace_workers.drivers._shared.cluster_access import ClusterAccess
from grace_workers.drivers._shared.kubernetes_names import ObjectName
from grace_workers.foundation.ids import TargetKind


class KubernetesNodeConnection(ClusterAccess):
    """A node of a Kubernetes cluster.

    Grace's user or service account needs `get` and `patch` on nodes, `list` on pods, `create` on `pods/eviction`, and
    `get` on the namespace `kube-system`. Pods leave by evictions, which the cluster refuses as long as a disruption
    budget does not allow them. Those of daemon sets and of the node's own files stay, and so do those that have ended.
    `cordon_and_drain` was tried on a server of ours that follows the published API, and on no real cluster yet.
    """

    name: ObjectName = Field(description="The name of the node.")


def open_kubernetes_node(said: KubernetesNodeConnection, context: DriverContext) -> Roles:
    """Return the node."""
    from grace_workers.drivers.kubernetes_node.node import ClusterNode

    del context
    node = ClusterNode(said.open(), said.name)
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
