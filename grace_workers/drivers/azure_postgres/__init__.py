"""A flexible server of Azure Database for PostgreSQL, with its read replicas."""

from typing import Literal

from pydantic import Field

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Failover, Roles, ServiceParts
from grace_workers.drivers._shared.azure_connection import AzureConnection, AzureName
from grace_workers.foundation.ids import TargetKind


class AzurePostgresConnection(AzureConnection):
    """A flexible server of Azure Database for PostgreSQL, whose parts are the server and its read replicas.

    Grace's login needs `Microsoft.DBforPostgreSQL/flexibleServers/read`, `replicas/read` and `restart/action`, and
    `Microsoft.Insights/eventtypes/values/read`: the activity log, which Azure writes minutes later, tells when a server
    was restarted, so give `rolling_restart` a patience of half an hour. No real subscription has seen this kind yet.
    """

    server: AzureName = Field(description="The name of the server.")
    failover: Literal[True] | None = Field(
        default=None,
        description="`true` to allow failovers to the standby of a zone-redundant server, named by its zone.",
    )


def open_azure_postgres(said: AzurePostgresConnection, context: DriverContext) -> Roles:
    """Return the servers, and the failover if the connection allows it."""
    from grace_workers.drivers._shared.azure_api import AzureApi
    from grace_workers.drivers.azure_postgres.server import FlexibleServer

    del context
    cloud = AzureApi(said)
    server = FlexibleServer(cloud, said.server)
    parts: ServiceParts = server
    proof: EnvironmentProof = cloud
    roles: dict[type, object] = {ServiceParts: parts, EnvironmentProof: proof}
    if said.failover:
        failover: Failover = server
        roles[Failover] = failover
    return roles


EXAMPLE = """\
targets:
  - name: shop-database
    kind: azure_postgres
    owner: internal
    connection:
      subscription: 5f0b2a10-1c9e-4a57-9a3e-0c5d6f6f1b2a
      resource_group: shop
      server: shop
      failover: true
"""

DEFINITION = Driver(
    kind=TargetKind("azure_postgres"),
    connection=AzurePostgresConnection,
    roles=(ServiceParts, EnvironmentProof),
    optional={Failover: "failover"},
    open=open_azure_postgres,
    example=EXAMPLE,
    extra="azure",
)
