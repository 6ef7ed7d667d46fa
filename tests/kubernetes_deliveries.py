"""Objects of Argo CD and Flux over the emulated API. No controller acts on them."""

from dataclasses import dataclass, field
from typing import Any

from tests.kubernetes_cluster import DEPLOYMENTS, SPACE, Cluster

PLACES = {
    "application": "argoproj.io/v1alpha1/applications",
    "kustomization": "kustomize.toolkit.fluxcd.io/v1/kustomizations",
    "helmrelease": "helm.toolkit.fluxcd.io/v2/helmreleases",
}
TRACKED = {"argocd.argoproj.io/tracking-id": "web:apps/Deployment:shop/web"}
AUTOMATIC = {"syncPolicy": {"automated": {"prune": True, "selfHeal": True}, "retry": {"limit": 3}}}


@dataclass
class Deliveries:
    """One object `web` of that kind."""

    resource: str = "application"
    spec: dict[str, Any] = field(default_factory=lambda: AUTOMATIC)

    def fill(self, emulator: Any) -> None:
        """Make it."""
        emulator["get /api/v1/namespaces/kube-system"] << {"metadata": {"name": "kube-system", "uid": "c1"}}
        meta = {"name": "web", "namespace": SPACE, "resourceVersion": "7"}
        emulator.objects[PLACES[self.resource], SPACE, "web"] = {"metadata": meta, "spec": self.spec}

    def control(self, emulator: Any) -> None:
        """Do nothing."""

    def connection(self, found: Cluster) -> dict[str, Any]:
        """Return the connection of a target to it."""
        place = {"namespace": SPACE, "resource": self.resource, "name": "web"}
        return {"kubeconfig": str(found.kubeconfig), **place}

    def now(self, found: Cluster) -> dict[str, Any]:
        """Return the object."""
        return found.raw(PLACES[self.resource], "web")


def managed(manager: str, *fields: str) -> dict[str, Any]:
    """Return what says that a manager manages these fields of a `spec`."""
    return {"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": {f"f:{one}": {} for one in fields}}}


def noted(found: Cluster, meta: dict[str, Any], place: str = DEPLOYMENTS, name: str = "web") -> None:
    """Give the object these metadata; it is the deployment `web` unless another is named."""
    found.do(lambda it: it.objects[place, SPACE, name].patch({"metadata": meta}))
