"""What declares an object of a cluster elsewhere: Argo CD, Flux, or the object that controls it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grace_workers.actions import DeclaredElsewhere

_ARGO = frozenset({"argocd-controller", "argocd-application-controller", "argocd-server"})
_TRACKING = "argocd.argoproj.io/tracking-id"
_INSTANCES = ("argocd.argoproj.io/instance", "app.kubernetes.io/instance")
_FLUX = {
    "kustomize-controller": ("Flux kustomization", "kustomize.toolkit.fluxcd.io"),
    "helm-controller": ("Flux Helm release", "helm.toolkit.fluxcd.io"),
}


class ClusterDelivery(DeclaredElsewhere):
    """A controller puts back the fields that it manages; one that manages none that we can see may put back all.

    For each object: how it is read, and which field of its `spec` is changed by way of a role.
    """

    def __init__(self, *objects: tuple[Callable[[], Mapping[str, Any]], Mapping[type, str]]) -> None:
        self._objects = objects

    def put_back_by(self, role: type) -> str | None:
        asked = ((read, fields[role]) for read, fields in self._objects if role in fields)
        return next((words for read, field in asked if (words := _put_back(read()["metadata"], field))), None)


def _put_back(meta: Mapping[str, Any], field: str) -> str | None:
    found = (words for words, managers in _declarers(meta) if _manages(meta, managers, f"f:{field}"))
    return next(found, None)


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
