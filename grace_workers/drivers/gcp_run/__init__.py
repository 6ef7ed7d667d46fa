"""A service of Google Cloud Run: which revision gets its traffic, and how many instances there may be."""

from typing import Annotated, Literal

from pydantic import Field

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, RevisionTraffic, Roles, ServiceLimits
from grace_workers.drivers._shared.bounds import LimitBounds
from grace_workers.drivers._shared.gcp_connection import GcpConnection, GcpName, GcpRegion
from grace_workers.foundation.ids import TargetKind

InstanceLimit = Literal["min_instances", "max_instances"]


class GcpRunConnection(GcpConnection):
    """A service of Google Cloud Run.

    Grace's account needs `run.services.get`, `run.services.update` and `run.revisions.list`, and
    `resourcemanager.projects.get` if the target pins its environment. Limits are those of the service, so setting one
    deploys no revision. No real project has seen this kind yet.
    """

    region: GcpRegion = Field(description="The region of the service, such as `europe-west1`.")
    service: GcpName = Field(description="The name of the service.")
    limits: Annotated[dict[InstanceLimit, LimitBounds], Field(min_length=1)] | None = Field(
        default=None, description="The limits that may be set, each with its bounds: `min_instances`, `max_instances`."
    )


def open_gcp_run(said: GcpRunConnection, context: DriverContext) -> Roles:
    """Return the traffic of the service, and its limits if they are declared."""
    from grace_workers.drivers._shared.gcp_api import GcpApi
    from grace_workers.drivers.gcp_run.service import RunLimits, RunService

    del context
    cloud = GcpApi(said)
    service = RunService(cloud, said.region, said.service)
    traffic: RevisionTraffic = service
    proof: EnvironmentProof = cloud
    roles: dict[type, object] = {RevisionTraffic: traffic, EnvironmentProof: proof}
    if said.limits is not None:
        limits: ServiceLimits = RunLimits(service, said.limits)
        roles[ServiceLimits] = limits
    return roles


EXAMPLE = """\
targets:
  - name: shop-checkout
    kind: gcp_run
    owner: internal
    connection:
      project: shop-production
      region: europe-west1
      service: checkout
      limits:
        max_instances: {lowest: 10, highest: 200}
"""

DEFINITION = Driver(
    kind=TargetKind("gcp_run"),
    connection=GcpRunConnection,
    roles=(RevisionTraffic, EnvironmentProof),
    optional={ServiceLimits: "limits"},
    open=open_gcp_run,
    example=EXAMPLE,
    extra="gcp",
)
