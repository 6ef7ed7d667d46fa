"""A service of Amazon ECS: how many of its tasks run."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Roles, Scalable
from grace_workers.drivers._shared.aws_api import AwsConnection
from grace_workers.drivers._shared.scale_bounds import ScaleBounds
from grace_workers.foundation.ids import TargetKind

EcsName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$")]


class AwsEcsConnection(AwsConnection):
    """A service of Amazon ECS. Grace's role needs `ecs:DescribeServices` and `ecs:UpdateService`.

    No real account has seen this kind yet.
    """

    cluster: EcsName = Field(description="The name of the cluster.")
    service: EcsName = Field(description="The name of the service.")
    scale: ScaleBounds = Field(description="How many tasks Grace may ask for.")


def open_aws_ecs(said: AwsEcsConnection, context: DriverContext) -> Roles:
    """Return the number of the service's tasks."""
    from grace_workers.drivers._shared.aws_api import AwsApi
    from grace_workers.drivers.aws_ecs.service import EcsService

    del context
    cloud = AwsApi(said)
    scale: Scalable = EcsService(cloud, said.cluster, said.service, said.scale)
    proof: EnvironmentProof = cloud
    return {Scalable: scale, EnvironmentProof: proof}


EXAMPLE = """\
targets:
  - name: shop-tasks
    kind: aws_ecs
    owner: internal
    connection:
      region: eu-west-1
      cluster: shop
      service: web
      scale: {lowest: 2, highest: 10}
"""

DEFINITION = Driver(
    kind=TargetKind("aws_ecs"),
    connection=AwsEcsConnection,
    roles=(Scalable, EnvironmentProof),
    open=open_aws_ecs,
    example=EXAMPLE,
    extra="aws",
)
