"""A container app of Azure: its revisions, their traffic, and how many replicas there may be."""

from typing import Annotated, Literal

from pydantic import Field

from grace_workers.actions import (
    Driver,
    DriverContext,
    EnvironmentProof,
    RevisionTraffic,
    Roles,
    ServiceLimits,
    ServiceParts,
)
from grace_workers.drivers._shared.azure_connection import AzureConnection, AzureName
from grace_workers.drivers._shared.bounds import LimitBounds
from grace_workers.foundation.ids import TargetKind

ReplicaLimit = Literal["min_replicas", "max_replicas"]


class AzureContainerAppConnection(AzureConnection):
    """A container app of Azure, whose parts are its active revisions.

    Grace's login needs `Microsoft.App/containerApps/read` and `write`, and on its revisions `read`, `replicas/read` and
    `restart/action`. Azure shares traffic only in the revision mode `multiple`. Setting a limit makes Azure deploy a
    revision, because it keeps limits in the revision. No real subscription has seen this kind yet.
    """

    app: AzureName = Field(description="The name of the container app.")
    limits: Annotated[dict[ReplicaLimit, LimitBounds], Field(min_length=1)] | None = Field(
        default=None, description="The limits that may be set, each with its bounds: `min_replicas`, `max_replicas`."
    )


def open_azure_containerapp(said: AzureContainerAppConnection, context: DriverContext) -> Roles:
    """Return the revisions of the app and their traffic, and its limits if they are declared."""
    from grace_workers.drivers._shared.azure_api import AzureApi
    from grace_workers.drivers.azure_containerapp.app import ContainerApp
    from grace_workers.drivers.azure_containerapp.limits import ReplicaLimits
    from grace_workers.drivers.azure_containerapp.revisions import AppRevisions

    del context
    cloud = AzureApi(said)
    app = ContainerApp(cloud, said.app)
    revisions = AppRevisions(app)
    parts: ServiceParts = revisions
    traffic: RevisionTraffic = revisions
    proof: EnvironmentProof = cloud
    roles: dict[type, object] = {ServiceParts: parts, RevisionTraffic: traffic, EnvironmentProof: proof}
    if said.limits is not None:
        limits: ServiceLimits = ReplicaLimits(app, said.limits)
        roles[ServiceLimits] = limits
    return roles


EXAMPLE = """\
targets:
  - name: shop-checkout
    kind: azure_containerapp
    owner: internal
    connection:
      subscription: 5f0b2a10-1c9e-4a57-9a3e-0c5d6f6f1b2a
      resource_group: shop
      app: checkout
      limits:
        max_replicas: {lowest: 10, highest: 200}
"""

DEFINITION = Driver(
    kind=TargetKind("azure_containerapp"),
    connection=AzureContainerAppConnection,
    roles=(ServiceParts, RevisionTraffic, EnvironmentProof),
    optional={ServiceLimits: "limits"},
    open=open_azure_containerapp,
    example=EXAMPLE,
    extra="azure",
)
