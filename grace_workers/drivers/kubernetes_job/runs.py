"""A single job of a cluster, and the runs that repeat it: jobs of their own under other names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from grace_workers.actions import EnvironmentProof, JobRun, JobRuns, RunState
from grace_workers.drivers._shared.cluster import KubernetesApi
from grace_workers.foundation.errors import ConflictError, NotFoundError

_STEP = "grace-workers/step"
_REPEATS = "grace-workers/repeats"
# Labels by which the cluster knows the pods of one very job.
_OWN = frozenset({"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"})
_LONGEST = 40
_TTL, _DAY = "ttlSecondsAfterFinished", 86_400
_ENDS = {"Complete": RunState.SUCCEEDED, "Failed": RunState.FAILED}


class ClusterJob(JobRuns, EnvironmentProof):
    """One job by its name; `named` is what a schedule overrides."""

    kind = "job"

    def __init__(self, cluster: KubernetesApi, namespace: str, name: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.name = name
        self.words = f"{self.kind} {namespace}/{name}"

    def environment(self) -> str:
        """Return the id of the namespace `kube-system`, which a cluster keeps for life, and our own namespace."""
        return f"kubernetes:{self.cluster.identity()}/{self.namespace}"

    def runs(self) -> Sequence[JobRun]:
        return [_run(one) for one in self._known()]

    def run_again(self, key: str) -> JobRun:
        known = self._known()
        for one in map(_run, known):
            if one.key == key:
                return one
            if one.state is RunState.RUNNING:
                raise ConflictError(f"run {one.name} of {self.words} is in progress; wait until it has ended")
        with self.batch(self.words) as batch:
            made = batch.create_namespaced_job(
                self.namespace, self._copy(known, key), _request_timeout=self.cluster.patience
            )
        return JobRun(name=made.metadata.name, state=RunState.RUNNING, key=key)

    def remove(self, name: str) -> None:
        found = next((one for one in self._known() if one["metadata"]["name"] == name), None)
        if found is None:
            return
        if _run(found).state is RunState.RUNNING:
            raise ConflictError(f"run {name!r} of {self.words} is in progress, so it is not removed")
        # The id keeps a successor of the same name alive that began since we looked.
        same = {"propagationPolicy": "Background", "preconditions": {"uid": found["metadata"]["uid"]}}
        with self.batch(f"run {name!r}") as batch:
            batch.delete_namespaced_job(name, self.namespace, body=same, _request_timeout=self.cluster.patience)

    def model(self, known: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return what one more run is made from: labels and the like, and the spec of a job."""
        if not known:
            raise NotFoundError(f"{self.words} is not there any more, so there is nothing to repeat")
        return known[0]["metadata"], known[0]["spec"]

    def is_ours(self, found: Mapping[str, Any]) -> bool:
        """Return whether a job is this one, or repeats it."""
        meta = found["metadata"]
        return meta["name"] == self.name or (meta.get("annotations") or {}).get(_REPEATS) == self.name

    @contextmanager
    def batch(self, what: str) -> Iterator[Any]:
        """Yield the part of the API that jobs belong to."""
        from kubernetes.client import BatchV1Api

        with self.cluster.reached(what) as client:
            yield BatchV1Api(client)

    def _known(self) -> Sequence[Mapping[str, Any]]:
        """Return the jobs, as the API says them, the newest first."""
        with self.batch(f"runs of {self.words}") as batch:
            limit = self.cluster.patience
            answer = batch.list_namespaced_job(self.namespace, _request_timeout=limit, _preload_content=False)
            found = json.loads(answer.data)["items"]
        ours = [one for one in found if self.is_ours(one) and not one["metadata"].get("deletionTimestamp")]
        return sorted(ours, key=_begun, reverse=True)

    def _copy(self, known: Sequence[Mapping[str, Any]], key: str) -> dict[str, Any]:
        meta, spec = self.model(known)
        template = spec["template"]
        inner = template.get("metadata") or {}
        labels = _without(inner.get("labels"), _OWN)
        told = {**_without(meta.get("annotations"), frozenset({_STEP})), _STEP: key, _REPEATS: self.name}
        about = {"name": f"{self.name[:_LONGEST]}-again-{key[-10:]}", "annotations": told}
        about |= {"labels": _without(meta.get("labels"), _OWN), "ownerReferences": meta.get("ownerReferences") or []}
        work = {name: value for name, value in spec.items() if name not in {"selector", "manualSelector", "suspend"}}
        work["template"] = {**template, "metadata": {**inner, "labels": labels}}
        if work.get(_TTL) is not None:
            # Whoever goes on after a crash would begin a run again that was removed before they saw it.
            work[_TTL] = max(work[_TTL], _DAY)
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": about, "spec": work}


def _without(found: Mapping[str, str] | None, names: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in (found or {}).items() if name not in names}


def _begun(found: Mapping[str, Any]) -> tuple[str, bool, str]:
    """Order by age; of two that began in one second, the one that repeats the other is newer, else the later name."""
    meta = found["metadata"]
    return str(meta.get("creationTimestamp") or ""), _STEP in (meta.get("annotations") or {}), meta["name"]


def _run(found: Mapping[str, Any]) -> JobRun:
    meta, state, why = found["metadata"], RunState.RUNNING, ""
    for one in (found.get("status") or {}).get("conditions") or ():
        if one.get("status") == "True" and one.get("type") in _ENDS:
            state, why = _ENDS[one["type"]], str(one.get("message") or one.get("reason") or "")[:200]
    key = (meta.get("annotations") or {}).get(_STEP)
    return JobRun(name=meta["name"], state=state, key=key, why=why if state is RunState.FAILED else "")
