"""What delivers to a Kubernetes cluster: an Argo CD application, a Flux kustomization or Helm release."""

from typing import Literal

from pydantic import Field

from grace_workers.actions import DeclaredElsewhere, Driver, DriverContext, EnvironmentProof, Roles, Suspendable
from grace_workers.drivers._shared.cluster_access import ClusterAccess
from grace_workers.drivers._shared.kubernetes_names import ObjectName
from grace_workers.foundation.ids import TargetKind


class KubernetesDeliveryConnection(ClusterAccess):
    """An object by which Argo CD or Flux keeps a cluster as a repository says.

    Suspend it before a change that it would put back, and resume it once the change is in the repository. Grace's user
    or service account needs `get` and `patch` on it, and `get` on the namespace `kube-system`. A plan says what would
    put its change back: another application, a kustomization, or the application set that made it. It was tried on an
    emulated API, and on no real cluster yet.
    """

    namespace: ObjectName = Field(description="The namespace of the object, such as `argocd` or `flux-system`.")
    resource: Literal["application", "kustomization", "helmrelease"] = Field(description="What kind of object it is.")
    name: ObjectName = Field(description="The name of the object.")


def open_kubernetes_delivery(said: KubernetesDeliveryConnection, context: DriverContext) -> Roles:
    """Return what holds the delivery and lets it go on."""
    from grace_workers.drivers._shared.delivery import ClusterDelivery
    from grace_workers.drivers.kubernetes_delivery.delivery import ArgoApplication, FluxObject

    del context
    cluster = said.open()
    made = (ArgoApplication if said.resource == "application" else FluxObject)(
        cluster, said.resource, said.namespace, said.name
    )
    delivery: Suspendable = made
    proof: EnvironmentProof = made
    elsewhere: DeclaredElsewhere = ClusterDelivery((made.read, {Suspendable: made.holds}))
    return {Suspendable: delivery, EnvironmentProof: proof, DeclaredElsewhere: elsewhere}


EXAMPLE = """\
targets:
  - name: shop-delivery
    kind: kubernetes_delivery
    owner: internal
    connection:
      kubeconfig: /etc/grace/kubeconfig
      context: production
      namespace: argocd
      resource: application
      name: shop
"""

DEFINITION = Driver(
    kind=TargetKind("kubernetes_delivery"),
    connection=KubernetesDeliveryConnection,
    roles=(Suspendable, EnvironmentProof, DeclaredElsewhere),
    open=open_kubernetes_delivery,
    example=EXAMPLE,
    extra="kubernetes",
)
