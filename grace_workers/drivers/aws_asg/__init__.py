"""An EC2 Auto Scaling group: its instances, and how many there are."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers._shared.aws_api import AwsConnection
from grace_workers.drivers._shared.scale_bounds import ScaleBounds
from grace_workers.foundation.ids import TargetKind

GroupName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/+=@-]{0,253}[A-Za-z0-9]$|^[A-Za-z0-9]$")
]


class AwsAsgConnection(AwsConnection):
    """An EC2 Auto Scaling group.

    Grace's role needs `autoscaling:DescribeAutoScalingGroups`, and `TerminateInstanceInAutoScalingGroup` and
    `SetDesiredCapacity` on the group. An instance is restarted by terminating it; the group launches its successor.
    No real account has seen this kind yet.
    """

    group: GroupName = Field(description="The name of the group.")
    scale: ScaleBounds | None = Field(
        default=None, description="How many instances Grace may ask for; the group's own bounds hold as well."
    )


def open_aws_asg(said: AwsAsgConnection, context: DriverContext) -> Roles:
    """Return the instances of the group, and their number if bounds are declared."""
    from grace_workers.drivers._shared.aws_api import AwsApi
    from grace_workers.drivers.aws_asg.group import Group, GroupScale

    del context
    cloud = AwsApi(said)
    group = Group(cloud, said.group)
    parts: ServiceParts = group
    proof: EnvironmentProof = cloud
    roles: dict[type, object] = {ServiceParts: parts, EnvironmentProof: proof}
    if said.scale is not None:
        scale: Scalable = GroupScale(group, said.scale.lowest, said.scale.highest)
        roles[Scalable] = scale
    return roles


EXAMPLE = """\
targets:
  - name: shop-web
    kind: aws_asg
    owner: internal
    connection:
      region: eu-west-1
      group: shop-web
      scale: {lowest: 2, highest: 10}
"""

DEFINITION = Driver(
    kind=TargetKind("aws_asg"),
    connection=AwsAsgConnection,
    roles=(ServiceParts, EnvironmentProof),
    optional={Scalable: "scale"},
    open=open_aws_asg,
    example=EXAMPLE,
    extra="aws",
)
