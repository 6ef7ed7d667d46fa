"""A job that a schedule of the cluster runs, and the schedule itself."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.actions import Suspendable
from grace_workers.drivers._shared.cluster import KubernetesApi
from grace_workers.drivers.kubernetes_job.runs import ClusterJob
from grace_workers.foundation.errors import PermanentError

_MERGE = "application/merge-patch+json"
_LIMITS = ("successfulJobsHistoryLimit", "failedJobsHistoryLimit")
_BY_HAND = {"cronjob.kubernetes.io/instantiate": "manual"}


class ScheduledJob(ClusterJob):
    """The jobs that a schedule owns. One more run is made from its template, as `kubectl create job --from` does."""

    kind = "cronjob"

    def read(self) -> Mapping[str, Any]:
        """Return the schedule as the API says it."""
        with self.batch(self.words) as batch:
            limit = self.cluster.patience
            answer = batch.read_namespaced_cron_job(
                self.name, self.namespace, _request_timeout=limit, _preload_content=False
            )
            found: Mapping[str, Any] = json.loads(answer.data)
        return found

    def model(self, known: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        del known
        found = self.read()
        for limit in _LIMITS:
            if found["spec"].get(limit) == 0:
                raise PermanentError(f"{self.words} keeps no run to see how it ended; set its `{limit}` to at least 1")
        template = found["spec"]["jobTemplate"]
        own = template.get("metadata") or {}
        owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": self.name, "uid": found["metadata"]["uid"]}
        annotations = {**(own.get("annotations") or {}), **_BY_HAND}
        return {**own, "annotations": annotations, "ownerReferences": [{**owner, "controller": True}]}, template["spec"]

    def is_ours(self, found: Mapping[str, Any]) -> bool:
        owners = found["metadata"].get("ownerReferences") or ()
        return any(one.get("kind") == "CronJob" and one.get("name") == self.name for one in owners)


class CronSchedule(Suspendable):
    """A schedule, which begins no run while it is suspended."""

    def __init__(self, cluster: KubernetesApi, namespace: str, name: str) -> None:
        self._job = ScheduledJob(cluster, namespace, name)

    def read(self) -> Mapping[str, Any]:
        """Return the schedule as the API says it."""
        return self._job.read()

    def begins(self) -> str:
        return f"runs of {self._job.words}"

    def is_suspended(self) -> bool:
        return bool(self._job.read()["spec"].get("suspend"))

    def suspend(self) -> None:
        self._put(on=True)

    def resume(self) -> None:
        self._put(on=False)

    def _put(self, *, on: bool) -> None:
        job = self._job
        with job.batch(job.words) as batch:
            batch.patch_namespaced_cron_job(
                job.name,
                job.namespace,
                {"spec": {"suspend": on}},
                _content_type=_MERGE,
                _request_timeout=job.cluster.patience,
            )
