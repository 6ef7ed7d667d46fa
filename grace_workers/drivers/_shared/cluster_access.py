"""How a target of a Kubernetes cluster says which cluster, and as whom it is asked."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, OneLine, Timeout

if TYPE_CHECKING:
    from grace_workers.drivers._shared.cluster import KubernetesApi


class ClusterAccess(Document):
    """The part that all connections of targets in a cluster share."""

    kubeconfig: FilePath | None = Field(
        default=None,
        description="The file with the cluster's address and login. Default: that of the pod Grace runs in.",
    )
    context: OneLine | None = Field(default=None, description="The context of that file. Default: its current one.")
    patience: Timeout = Field(default=timedelta(seconds=10), description="How long the cluster may take to answer.")

    def open(self) -> "KubernetesApi":
        """Return the cluster. Raises ImportError when the client is not installed."""
        from grace_workers.drivers._shared.cluster import KubernetesApi

        return KubernetesApi(self.kubeconfig, self.context, self.patience)
