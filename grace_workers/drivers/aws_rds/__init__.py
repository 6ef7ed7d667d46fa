"""A database of Amazon RDS: one instance, or the instances of a cluster."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.actions import (
    Backups,
    Driver,
    DriverContext,
    EnvironmentProof,
    Failover,
    Resizable,
    Roles,
    ServiceParts,
)
from grace_workers.drivers._shared.aws_api import AwsConnection
from grace_workers.foundation.ids import TargetKind

# As RDS demands it of names: no path, no option and no template can be one.
DatabaseName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z](-?[A-Za-z0-9]){0,62}$")]
InstanceClass = Annotated[str, StringConstraints(pattern=r"^db\.[a-z0-9][a-z0-9-]{0,30}\.[a-z0-9-]{1,30}$")]


class AwsRdsConnection(AwsConnection):
    """A database of Amazon RDS: an instance, or an Aurora or Multi-AZ cluster with its instances.

    Grace's role needs `rds:DescribeDBInstances`, `rds:DescribeDBClusters`, `rds:DescribeEvents` and
    `rds:RebootDBInstance`; for a failover of a cluster `rds:FailoverDBCluster`; for classes `rds:ModifyDBInstance`; for
    backups that, `rds:DescribeDBSnapshots`, `rds:RestoreDBInstanceFromDBSnapshot` and `rds:DeleteDBInstance`.
    An instance is rebooted, and has been when RDS notes the event of its restart. No real account has
    seen this kind yet.
    """

    instance: DatabaseName | None = Field(default=None, description="The name of one instance.")
    cluster: DatabaseName | None = Field(default=None, description="The name of a cluster, instead of an instance.")
    failover: Literal[True] | None = Field(
        default=None,
        description="`true` to allow failovers: to another instance of the cluster, or to the other zone of a Multi-AZ "
        "instance, whose standbys are named by their zones.",
    )
    classes: Annotated[tuple[InstanceClass, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="The classes that Grace may give the instance, smallest first, such as `db.m7g.large`.",
    )

    backups: Literal[True] | None = Field(
        default=None,
        description="`true` to allow that the instance is made anew from a snapshot, beside it, and that both exchange "
        "their names, which takes minutes.",
    )

    @model_validator(mode="after")
    def _one_database(self) -> Self:
        if (self.instance is None) is (self.cluster is None):
            raise ValueError("give either `instance` or `cluster`")
        if self.classes is not None and self.instance is None:
            raise ValueError("`classes` apply to an `instance`; declare a target for each instance of the cluster")
        if self.backups is not None and self.instance is None:
            raise ValueError("`backups` apply to an `instance`; a cluster is restored by people")
        return self


def open_aws_rds(said: AwsRdsConnection, context: DriverContext) -> Roles:
    """Return the instances; the failover and the size if the connection allows them."""
    from grace_workers.drivers._shared.aws_api import AwsApi
    from grace_workers.drivers.aws_rds.cluster import RdsCluster
    from grace_workers.drivers.aws_rds.instance import RdsInstance, RdsInstanceSize

    del context
    cloud = AwsApi(said)
    database = RdsCluster(cloud, said.cluster) if said.cluster is not None else RdsInstance(cloud, str(said.instance))
    parts: ServiceParts = database
    proof: EnvironmentProof = cloud
    roles: dict[type, object] = {ServiceParts: parts, EnvironmentProof: proof}
    if said.failover:
        failover: Failover = database
        roles[Failover] = failover
    if said.backups:
        from grace_workers.drivers.aws_rds.backups import RdsBackups

        backups: Backups = RdsBackups(cloud, str(said.instance))
        roles[Backups] = backups
    if said.classes is not None:
        size: Resizable = RdsInstanceSize(RdsInstance(cloud, str(said.instance)), said.classes)
        roles[Resizable] = size
    return roles


EXAMPLE = """\
targets:
  - name: shop-database
    kind: aws_rds
    owner: internal
    connection:
      region: eu-west-1
      instance: shop
      failover: true
      classes: [db.m7g.large, db.m7g.xlarge]
      backups: true
"""

DEFINITION = Driver(
    kind=TargetKind("aws_rds"),
    connection=AwsRdsConnection,
    roles=(ServiceParts, EnvironmentProof),
    optional={Failover: "failover", Resizable: "classes", Backups: "backups"},
    open=open_aws_rds,
    example=EXAMPLE,
    extra="aws",
)
