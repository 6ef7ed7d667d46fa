"""Objects of Argo CD and Flux, whose reconciliation can be suspended."""

import json
from collections.abc import Mapping
from typing import Any

from grace_workers.actions import EnvironmentProof, Suspendable
from grace_workers.drivers._shared.cluster import KubernetesApi
from grace_workers.foundation.errors import ConflictError

_MERGE = "application/merge-patch+json"
_PLACES: Mapping[str, tuple[str, str, str, str]] = {
    "application": ("argoproj.io", "v1alpha1", "applications", "Argo CD application"),
    "kustomization": ("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Flux kustomization"),
    "helmrelease": ("helm.toolkit.fluxcd.io", "v2", "helmreleases", "Flux Helm release"),
}
_NOTE = "grace-workers/automated-sync"
"""The annotation that keeps how an application was synced while it is suspended."""


class DeliveryObject(EnvironmentProof):
    """One custom object. `holds` is the field of its `spec` that holds it."""

    holds = "suspend"

    def __init__(self, cluster: KubernetesApi, resource: str, namespace: str, name: str) -> None:
        self._cluster = cluster
        group, version, plural, words = _PLACES[resource]
        self._path = {"group": group, "version": version, "namespace": namespace, "plural": plural, "name": name}
        self._namespace = namespace
        self.words = f"{words} {namespace}/{name}"

    def environment(self) -> str:
        """Return the cluster's identity, and the namespace."""
        return f"kubernetes:{self._cluster.identity()}/{self._namespace}"

    def read(self) -> Mapping[str, Any]:
        """Return the object as the API says it."""
        from kubernetes.client import CustomObjectsApi

        with self._cluster.reached(self.words) as client:
            found: Mapping[str, Any] = CustomObjectsApi(client).get_namespaced_custom_object(
                **self._path, _request_timeout=self._cluster.patience
            )
        return found

    def merge(self, found: Mapping[str, Any], meta: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
        """Merge that into the object as it was read.

        Raises:
            ConflictError: it was changed since.
        """
        from kubernetes.client import CustomObjectsApi

        body = {"metadata": {**meta, "resourceVersion": found["metadata"].get("resourceVersion")}, "spec": spec}
        with self._cluster.reached(self.words) as client:
            CustomObjectsApi(client).patch_namespaced_custom_object(
                **self._path, body=body, _content_type=_MERGE, _request_timeout=self._cluster.patience
            )


class FluxObject(DeliveryObject, Suspendable):
    """An object of Flux. While it is suspended, nothing is reconciled."""

    def begins(self) -> str:
        return f"reconciliations of {self.words}"

    def is_suspended(self) -> bool:
        return bool(self.read()["spec"].get("suspend"))

    def suspend(self) -> None:
        self.merge(self.read(), {}, {"suspend": True})

    def resume(self) -> None:
        self.merge(self.read(), {}, {"suspend": None})


class ArgoApplication(DeliveryObject, Suspendable):
    """An application of Argo CD. It is suspended when it is not synced automatically; people may still sync it.

    How it was synced, such as with pruning, is kept in an annotation until it is resumed.
    """

    holds = "syncPolicy"

    def begins(self) -> str:
        return f"automatic syncs of {self.words}"

    def is_suspended(self) -> bool:
        return not _is_automatic(self.read())

    def held_by(self) -> str | None:
        """Return the policy that is switched off, and our note: people leave `enabled: false`, or no policy at all."""
        found = self.read()
        if _is_automatic(found):
            return None
        return json.dumps([_policy(found).get("automated"), _noted(found)])

    def hold_again(self, held_by: str) -> None:
        """Put both back."""
        found = self.read()
        if _is_automatic(found):
            automated, note = json.loads(held_by)
            self.merge(found, {"annotations": {_NOTE: note}}, {"syncPolicy": {"automated": automated}})

    def suspend(self) -> None:
        found = self.read()
        if _is_automatic(found):
            note = json.dumps(_policy(found)["automated"], sort_keys=True)
            self.merge(found, {"annotations": {_NOTE: note}}, {"syncPolicy": {"automated": None}})

    def resume(self) -> None:
        """Sync it automatically again, as before. Raises ConflictError too where no one knows how that was."""
        found = self.read()
        if _is_automatic(found):
            return
        note = _noted(found)
        earlier = _policy(found).get("automated") if note is None else json.loads(note)
        if not isinstance(earlier, dict):
            words = f"automatic syncs of {self.words} were switched off by someone else"
            raise ConflictError(f"{words}, and how they were is unknown; switch them on by hand")
        self.merge(found, {"annotations": {_NOTE: None}}, {"syncPolicy": {"automated": {**earlier, "enabled": None}}})


def _policy(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return found["spec"].get("syncPolicy") or {}


def _noted(found: Mapping[str, Any]) -> str | None:
    note: str | None = (found["metadata"].get("annotations") or {}).get(_NOTE)
    return note


def _is_automatic(found: Mapping[str, Any]) -> bool:
    automated = _policy(found).get("automated")
    return isinstance(automated, dict) and automated.get("enabled") is not False
