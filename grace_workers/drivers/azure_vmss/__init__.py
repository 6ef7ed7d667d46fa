"""A virtual machine scale set of Azure: its instances, and how many there are."""

from typing import Literal

from pydantic import Field

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers._shared.azure_connection import AzureConnection, AzureName
from grace_workers.drivers._shared.scale_bounds import ScaleBounds
from grace_workers.foundation.ids import TargetKind


class AzureVmssConnection(AzureConnection):
    """A virtual machine scale set of Azure, in uniform orchestration.

    Grace's login needs `Microsoft.Compute/virtualMachineScaleSets/read` and, on its virtual machines, `read` and
    `restart/action` or `reimage/action`; to scale, `write` and `Microsoft.Insights/autoscalesettings/read`. No real
    subscription has seen this kind yet.
    """

    scale_set: AzureName = Field(description="The name of the scale set.")
    restart: Literal["restart", "reimage"] = Field(
        default="restart",
        description="How an instance is restarted: as it is, or from its image, which loses its system disk.",
    )
    scale: ScaleBounds | None = Field(default=None, description="How many instances Grace may ask for.")


def open_azure_vmss(said: AzureVmssConnection, context: DriverContext) -> Roles:
    """Return the instances of the scale set, and their number if bounds are declared."""
    from grace_workers.drivers._shared.azure_api import AzureApi
    from grace_workers.drivers.azure_vmss.scale_set import ScaleSet, ScaleSetSize

    del context
    cloud = AzureApi(said)
    found = ScaleSet(cloud, said.scale_set, said.restart)
    parts: ServiceParts = found
    proof: EnvironmentProof = cloud
    roles: dict[type, object] = {ServiceParts: parts, EnvironmentProof: proof}
    if said.scale is not None:
        scale: Scalable = ScaleSetSize(found, said.scale)
        roles[Scalable] = scale
    return roles


EXAMPLE = """\
targets:
  - name: shop-web
    kind: azure_vmss
    owner: internal
    connection:
      subscription: 5f0b2a10-1c9e-4a57-9a3e-0c5d6f6f1b2a
      resource_group: shop
      scale_set: web
      restart: reimage
      scale: {lowest: 2, highest: 10}
"""

DEFINITION = Driver(
    kind=TargetKind("azure_vmss"),
    connection=AzureVmssConnection,
    roles=(ServiceParts, EnvironmentProof),
    optional={Scalable: "scale"},
    open=open_azure_vmss,
    example=EXAMPLE,
    extra="azure",
)
