"""A run of a scheduled job fails, because what it needs is not there for a moment."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.actions import RunState
from tests.drills.drill import Drill
from tests.kubernetes_cluster import SPACE, cluster
from tests.kubernetes_jobs import NAME, Runs, begin, ends_of, jobs
from tests.waiting import until


class FailedJob(Drill):
    """The red herring is a run that succeeds at once after one that has failed."""

    signal = "KubeJobFailed"
    cause = "job_failed"

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.runs = Runs(first=RunState.SUCCEEDED)
        self.cluster = self.stage.stack.enter_context(cluster(self.stage.folder, controller=self.runs))
        said = {"kubeconfig": str(self.cluster.kubeconfig), "namespace": SPACE, "workload": "cronjob", "name": NAME}
        labels = {"repeatable": "yes"}
        kind = "kubernetes_job"
        return [{"name": "subject", "kind": kind, "owner": "internal", "connection": said, "labels": labels}]

    def break_it(self) -> None:
        self._run(RunState.FAILED)

    def revert(self) -> None:
        self._run(RunState.SUCCEEDED)

    def well(self) -> bool:
        return ends_of(self.cluster)[-1] is RunState.SUCCEEDED

    def mislead(self) -> None:
        self._run(RunState.FAILED)
        self._run(RunState.SUCCEEDED)

    def clear(self) -> None:
        """Nothing is left of it."""

    def _run(self, ends: RunState) -> None:
        """Let the schedule begin a run that ends so; later ones succeed."""
        self.runs.ends, before = ends, len(jobs(self.cluster))
        begin(self.cluster)
        until(lambda: len(ends_of(self.cluster)) == before, within=20)
        self.runs.ends = RunState.SUCCEEDED


DRILL = FailedJob
