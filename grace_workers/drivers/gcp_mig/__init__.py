"""A managed instance group of Google Compute Engine: its instances, and how many there are."""

from typing import Self

from pydantic import Field, model_validator

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers._shared.gcp_connection import GcpConnection, GcpName, GcpRegion, GcpZone
from grace_workers.drivers._shared.scale_bounds import ScaleBounds
from grace_workers.foundation.ids import TargetKind


class GcpMigConnection(GcpConnection):
    """A managed instance group of Google Compute Engine, of one zone or of a region.

    Grace's account needs `compute.instanceGroupManagers.get` and `.update` on the group, and
    `resourcemanager.projects.get` if the target pins its environment. An instance is restarted by recreating it under
    its name; what is on its stateless disks is lost. No real project has seen this kind yet.
    """

    group: GcpName = Field(description="The name of the group.")
    zone: GcpZone | None = Field(default=None, description="The zone of the group, such as `europe-west1-b`.")
    region: GcpRegion | None = Field(default=None, description="The region of the group, if it spans zones.")
    scale: ScaleBounds | None = Field(default=None, description="How many instances Grace may ask for.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.zone is None) is (self.region is None):
            raise ValueError("give either `zone` or `region`")
        return self


def open_gcp_mig(said: GcpMigConnection, context: DriverContext) -> Roles:
    """Return the instances of the group, and their number if bounds are declared."""
    from grace_workers.drivers._shared.gcp_api import GcpApi
    from grace_workers.drivers.gcp_mig.group import ManagedGroup, ManagedGroupScale

    del context
    cloud = GcpApi(said)
    place = f"zones/{said.zone}" if said.zone is not None else f"regions/{said.region}"
    group = ManagedGroup(cloud, place, said.group)
    parts: ServiceParts = group
    proof: EnvironmentProof = cloud
    roles: dict[type, object] = {ServiceParts: parts, EnvironmentProof: proof}
    if said.scale is not None:
        scale: Scalable = ManagedGroupScale(group, said.scale)
        roles[Scalable] = scale
    return roles


EXAMPLE = """\
targets:
  - name: shop-web
    kind: gcp_mig
    owner: internal
    connection:
      project: shop-production
      region: europe-west1
      group: web
      scale: {lowest: 2, highest: 10}
"""

DEFINITION = Driver(
    kind=TargetKind("gcp_mig"),
    connection=GcpMigConnection,
    roles=(ServiceParts, EnvironmentProof),
    optional={Scalable: "scale"},
    open=open_gcp_mig,
    example=EXAMPLE,
    extra="gcp",
)
