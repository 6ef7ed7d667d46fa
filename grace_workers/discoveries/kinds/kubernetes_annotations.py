"""Workloads that ask to be targets through annotations: `grace/target: shop-web`."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pydantic import Field

from grace_workers.discoveries._marks import sighting
from grace_workers.discoveries.discovery import Discovery, Look
from grace_workers.drivers._shared.cluster import KubernetesApi
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.field_types import FilePath, OneLine, Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.orchestration.discovery.sighting import Sighting

PREFIX = "grace/"


class KubernetesAnnotations(Document):
    """Deployments, stateful sets and daemon sets of one namespace with the annotation `grace/target`.

    A workload also says `grace/depends-on: a,b` and `grace/label-team: shop`. Grace's user or service account needs
    `list` on these three kinds of workloads.
    """

    kubeconfig: FilePath | None = Field(
        default=None, description="The file with the address and login. Default: that of the pod Grace runs in."
    )
    context: OneLine | None = Field(default=None, description="The context of that file. Default: its current one.")
    namespace: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", description="The namespace of the workloads."
    )
    patience: Timeout = Field(default=timedelta(seconds=10), description="How long the cluster may take to answer.")


def open_kubernetes_annotations(said: KubernetesAnnotations) -> Look:
    """Return what lists the workloads. Raises ImportError when the client is not installed."""
    cluster = KubernetesApi(said.kubeconfig, said.context, said.patience)

    def look() -> Sequence[Sighting]:
        with cluster.asked(f"the workloads of namespace {said.namespace!r}") as (_, apps):
            listing = {
                "deployment": apps.list_namespaced_deployment,
                "statefulset": apps.list_namespaced_stateful_set,
                "daemonset": apps.list_namespaced_daemon_set,
            }
            found = [
                (workload, one.metadata)
                for workload, listed in listing.items()
                for one in listed(said.namespace, _request_timeout=cluster.patience).items
            ]
        seen = [
            sighting(
                meta.annotations or {},
                PREFIX,
                identity=str(meta.uid),
                values={"namespace": said.namespace, "workload": workload, "name": str(meta.name)},
            )
            for workload, meta in found
        ]
        return [one for one in seen if one is not None]

    return look


def connection(said: KubernetesAnnotations) -> Mapping[str, JsonValue]:
    """Return how such a workload is reached: through the same cluster."""
    place = {"kubeconfig": str(said.kubeconfig)} if said.kubeconfig is not None else {}
    context = {"context": said.context} if said.context is not None else {}
    return {"namespace": "{namespace}", "workload": "{workload}", "name": "{name}", **place, **context}


EXAMPLE = """\
discoveries:
  - name: workloads
    kind: kubernetes_annotations
    options: {namespace: shop, kubeconfig: /etc/grace/kubeconfig}
    connection: {scale: {lowest: 1, highest: 5}}
"""

DEFINITION = Discovery(
    name="kubernetes_annotations",
    summary="Workloads with the annotation `grace/target`.",
    options=KubernetesAnnotations,
    open=open_kubernetes_annotations,
    values=frozenset({"namespace", "workload", "name"}),
    kind=TargetKind("kubernetes"),
    connection=connection,
    example=EXAMPLE,
    extra="kubernetes",
)
