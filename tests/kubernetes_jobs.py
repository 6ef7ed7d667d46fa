"""A job or a schedule over the emulated API, with a controller of ours that lets its runs end at once.

The controller is as simple as can be, so what is shown is that the driver speaks the API, not how a cluster behaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from grace_workers.actions import RunState
from grace_workers.foundation.ids import uuid7
from tests.kubernetes_cluster import SPACE, Cluster

JOBS, SCHEDULES = "batch/v1/jobs", "batch/v1/cronjobs"
NAME = "nightly"
_ENDS = {
    RunState.SUCCEEDED: {"type": "Complete", "status": "True"},
    RunState.FAILED: {"type": "Failed", "status": "True", "message": "Job has reached the specified backoff limit"},
}


@dataclass
class Runs:
    """The controller. `first` is how the first run ended; `ends` says how later ones do, RUNNING: not yet."""

    workload: str = "cronjob"
    first: RunState = RunState.FAILED
    ends: RunState = RunState.SUCCEEDED

    def fill(self, emulator: Any) -> None:
        """Make the schedule, if there is one, and its first run."""
        emulator["get /api/v1/namespaces/kube-system"] << {"metadata": {"name": "kube-system", "uid": "c1"}}
        emulator.resources[JOBS].namespaced = True
        first, meta = NAME, dict[str, Any]()
        if self.workload == "cronjob":
            uid = str(uuid4())
            schedule = {"schedule": "0 3 * * *", "suspend": False, "jobTemplate": {"spec": work()}}
            whole = {"metadata": {"name": NAME, "namespace": SPACE, "uid": uid}, "spec": schedule}
            emulator.objects[SCHEDULES, SPACE, NAME] = whole
            meta["ownerReferences"] = [{"kind": "CronJob", "name": NAME, "uid": uid, "controller": True}]
            first = f"{NAME}-293"
        about = {"name": first, "namespace": SPACE, "uid": str(uuid4()), "creationTimestamp": "2026-01-01T03:00:00Z"}
        own = {"controller-uid": about["uid"], "batch.kubernetes.io/job-name": first, "app": "shop"}
        made = {**work(), "selector": {"matchLabels": own}}
        made["template"] = {**made["template"], "metadata": {"labels": own}}
        emulator.objects[JOBS, SPACE, first] = {"metadata": {**about, **meta}, "spec": made}
        emulator.objects[JOBS, SPACE, first].patch({"status": {"conditions": [_ENDS[self.first]]}})
        other = {"name": "other", "namespace": SPACE, "uid": str(uuid4())}
        emulator.objects[JOBS, SPACE, "other"] = {"metadata": other, "spec": work()}

    def control(self, emulator: Any) -> None:
        """Let every run end that has not, and give it what a cluster gives to a new object."""
        for (resource, space, name), one in list(emulator.objects.items()):
            if resource.plural != "jobs" or one.deleted:
                continue
            if "creationTimestamp" not in one.raw["metadata"]:
                at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
                one.patch({"metadata": {"creationTimestamp": at, "uid": str(uuid4())}})
            if self.ends in _ENDS and "status" not in one.raw:
                emulator.objects[resource, space, name].patch({"status": {"conditions": [_ENDS[self.ends]]}})


def work() -> dict[str, Any]:
    """Return the spec of a job."""
    container = {"name": "report", "image": "report:1", "command": ["report", "--all"]}
    return {"backoffLimit": 1, "template": {"spec": {"containers": [container], "restartPolicy": "Never"}}}


def jobs(found: Cluster) -> Mapping[str, Mapping[str, Any]]:
    """Return all jobs by name."""

    def live(emulator: Any) -> dict[str, Any]:
        known = [one for (resource, _, _), one in emulator.objects.items() if resource.plural == "jobs"]
        return {one.raw["metadata"]["name"]: dict(one.raw) for one in known if not one.deleted}

    named: Mapping[str, Mapping[str, Any]] = found.do(live)
    return named


def ends_of(found: Cluster) -> Sequence[RunState]:
    """Return how the runs of the schedule ended that have, the newest last."""
    ended = {"Complete": RunState.SUCCEEDED, "Failed": RunState.FAILED}
    ours = [one for one in jobs(found).values() if one["metadata"].get("ownerReferences")]
    done = [one for one in ours if "status" in one and "creationTimestamp" in one["metadata"]]
    ordered = sorted(done, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"]))
    return [ended[one["status"]["conditions"][0]["type"]] for one in ordered]


def begin(found: Cluster) -> None:
    """Begin a run, as the schedule would."""

    def do(emulator: Any) -> None:
        owner = dict(emulator.objects[JOBS, SPACE, f"{NAME}-293"].raw["metadata"]["ownerReferences"][0])
        name = f"{NAME}-{uuid7().hex}"
        about = {"name": name, "namespace": SPACE, "uid": str(uuid4()), "ownerReferences": [owner]}
        emulator.objects[JOBS, SPACE, name] = {"metadata": about, "spec": work()}

    found.do(do)
