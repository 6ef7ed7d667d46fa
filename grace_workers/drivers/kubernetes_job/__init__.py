"""A job of a Kubernetes cluster, or one that a schedule runs."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.actions import (
    DeclaredElsewhere,
    Driver,
    DriverContext,
    EnvironmentProof,
    JobRuns,
    Roles,
    Suspendable,
)
from grace_workers.drivers._shared.cluster_access import ClusterAccess
from grace_workers.drivers._shared.kubernetes_names import ObjectName
from grace_workers.foundation.ids import TargetKind

# The longest name of a job: it becomes a label of its pods.
JobName = Annotated[ObjectName, StringConstraints(max_length=63)]


class KubernetesJobConnection(ClusterAccess):
    """A job of a Kubernetes cluster, or one that a schedule runs.

    Grace's user or service account needs `get` on the job or the schedule and on the namespace `kube-system`, `list`,
    `create` and `delete` on jobs to run one once more, and `patch` on the schedule to suspend it. One more run is a job
    of its own, under another name; failed ones are deleted with their pods only after it has succeeded. It was tried on
    an emulated API, and on no real cluster yet.
    """

    namespace: ObjectName = Field(description="The namespace of the job.")
    workload: Literal["cronjob", "job"] = Field(description="Whether a schedule runs it, or it is one single job.")
    name: JobName = Field(description="The name of the schedule or the job.")
    suspend: Literal[True] | None = Field(
        default=None, description="Whether the schedule may be suspended and resumed; only of a cronjob."
    )

    @model_validator(mode="after")
    def _scheduled(self) -> Self:
        if self.suspend and self.workload == "job":
            raise ValueError("a single job has no schedule to suspend; leave `suspend` out")
        return self


def open_kubernetes_job(said: KubernetesJobConnection, context: DriverContext) -> Roles:
    """Return the runs of the job, and its schedule if that is declared."""
    from grace_workers.drivers._shared.delivery import ClusterDelivery
    from grace_workers.drivers.kubernetes_job.runs import ClusterJob
    from grace_workers.drivers.kubernetes_job.schedule import CronSchedule, ScheduledJob

    del context
    cluster = said.open()
    job = (ScheduledJob if said.workload == "cronjob" else ClusterJob)(cluster, said.namespace, said.name)
    runs: JobRuns = job
    proof: EnvironmentProof = job
    roles: dict[type, object] = {JobRuns: runs, EnvironmentProof: proof}
    if said.suspend:
        made = CronSchedule(cluster, said.namespace, said.name)
        schedule: Suspendable = made
        roles[Suspendable] = schedule
        elsewhere: DeclaredElsewhere = ClusterDelivery((made.read, {Suspendable: "suspend"}))
        roles[DeclaredElsewhere] = elsewhere
    return roles


EXAMPLE = """\
targets:
  - name: nightly-report
    kind: kubernetes_job
    owner: internal
    labels: {repeatable: "yes"}
    connection:
      kubeconfig: /etc/grace/kubeconfig
      context: production
      namespace: shop
      workload: cronjob
      name: nightly-report
      suspend: true
"""

DEFINITION = Driver(
    kind=TargetKind("kubernetes_job"),
    connection=KubernetesJobConnection,
    roles=(JobRuns, EnvironmentProof),
    optional={Suspendable: "suspend", DeclaredElsewhere: "suspend"},
    open=open_kubernetes_job,
    example=EXAMPLE,
    extra="kubernetes",
)
