"""A database of Google Cloud SQL with its read replicas."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Failover, Resizable, Roles, ServiceParts
from grace_workers.drivers._shared.gcp_connection import GcpConnection, GcpName
from grace_workers.foundation.ids import TargetKind

Tier = Annotated[str, StringConstraints(pattern=r"^db-[a-z0-9][a-z0-9-]{0,60}$")]


class GcpSqlConnection(GcpConnection):
    """A database of Google Cloud SQL, whose parts are its instance and the read replicas of it.

    Grace's account needs `cloudsql.instances.get`, `cloudsql.instances.restart` and `cloudsql.instances.list`; for a
    failover `cloudsql.instances.failover`; for tiers `cloudsql.instances.update`. The operations that Cloud SQL lists
    tell when an instance was restarted. No real project has seen this kind yet.
    """

    instance: GcpName = Field(description="The name of the instance, which is the primary.")
    failover: Literal[True] | None = Field(
        default=None, description="`true` to allow failovers to the standby of a regional instance, named by its zone."
    )
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="The tiers that Grace may give the instance, smallest first, such as `db-custom-2-7680`.",
    )


def open_gcp_sql(said: GcpSqlConnection, context: DriverContext) -> Roles:
    """Return the instances; the failover and the size if the connection allows them."""
    from grace_workers.drivers._shared.gcp_api import GcpApi
    from grace_workers.drivers.gcp_sql.database import SqlDatabase, SqlTier

    del context
    cloud = GcpApi(said)
    database = SqlDatabase(cloud, said.instance)
    parts: ServiceParts = database
    proof: EnvironmentProof = cloud
    roles: dict[type, object] = {ServiceParts: parts, EnvironmentProof: proof}
    if said.failover:
        failover: Failover = database
        roles[Failover] = failover
    if said.tiers is not None:
        size: Resizable = SqlTier(database, said.tiers)
        roles[Resizable] = size
    return roles


EXAMPLE = """\
targets:
  - name: shop-database
    kind: gcp_sql
    owner: internal
    connection:
      project: shop-production
      instance: shop
      failover: true
      tiers: [db-custom-2-7680, db-custom-4-15360]
"""

DEFINITION = Driver(
    kind=TargetKind("gcp_sql"),
    connection=GcpSqlConnection,
    roles=(ServiceParts, EnvironmentProof),
    optional={Failover: "failover", Resizable: "tiers"},
    open=open_gcp_sql,
    example=EXAMPLE,
    extra="gcp",
)
