"""What declares a workload elsewhere: Argo CD, Flux, or the object that controls it."""

from collections.abc import Iterator, Mapping
from typing import Any

from grace_workers.actions import DeclaredElsewhere, Rollouts, Scalable, ServiceLimits, Suspendable
from grace_workers.drivers.kubernetes.workload import Workload

# Which field of the workload's `spec` is changed by way of a role.
_FIELDS: Mapping[type, str] = {
    Scalable: "f:replicas",
    Rollouts: "f:template",
    ServiceLimits: "f:template",
    Suspendable: "f:paused",
}
_ARGO = frozenset({"argocd-controller", "argocd-application-controller", "argocd-server"})
_TRACKING = "argocd.argoproj.io/tracking-id"
_INSTANCES = ("argocd.argoproj.io/instance", "app.kubernetes.io/instance")
_FLUX = {
    "kustomize-controller": ("Flux kustomization", "kustomize.toolkit.fluxcd.io"),
    "helm-controller": ("Flux Helm release", "helm.toolkit.fluxcd.io"),
}


class WorkloadDelivery(DeclaredElsewhere):
    """A controller puts back the fields that it manages; one that manages none that we can see may put back all."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload

    def put_back_by(self, role: type) -> str | None:
        field = _FIELDS.get(role)
        if field is None:
            return None
        meta = self._workload.raw()["metadata"]
        return next((words for words, managers in _declarers(meta) if _manages(meta, managers, field)), None)


def _declarers(meta: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield what declares the object, in words, and under which names it manages fields."""
    labels, notes = meta.get("labels") or {}, meta.get("annotations") or {}
    known = {one.get("manager") for one in meta.get("managedFields") or ()}
    application = str(notes.get(_TRACKING, "")).partition(":")[0] or labels.get(_INSTANCES[0])
    if application or known & _ARGO:
        yield f"Argo CD application {application or labels.get(_INSTANCES[1], 'of unknown name')}", _ARGO
    for manager, (words, prefix) in _FLUX.items():
        name = labels.get(f"{prefix}/name")
        if name or manager in known:
            space = labels.get(f"{prefix}/namespace")
            yield f"{words} {f'{space}/' if space else ''}{name or 'of unknown name'}", frozenset({manager})
    for owner in meta.get("ownerReferences") or ():
        if owner.get("controller"):
            yield f"{owner.get('kind')} {owner.get('name')}, which controls it", frozenset()


def _manages(meta: Mapping[str, Any], managers: frozenset[str], field: str) -> bool:
    fields = [one.get("fieldsV1") or {} for one in meta.get("managedFields") or () if one.get("manager") in managers]
    return not fields or any(field in (one.get("f:spec") or {}) for one in fields)
