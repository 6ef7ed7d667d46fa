"""An EC2 instance."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Restartable, Roles
from grace_workers.drivers._shared.aws_api import AwsConnection
from grace_workers.foundation.ids import TargetKind

InstanceId = Annotated[str, StringConstraints(pattern=r"^i-([0-9a-f]{8}|[0-9a-f]{17})$")]


class AwsEc2Connection(AwsConnection):
    """An EC2 instance, stopped and started; it keeps its volumes, and loses what is on its instance store.

    Grace's role needs `ec2:DescribeInstances`, `ec2:StartInstances` and `ec2:StopInstances`. A stop shuts the system
    down; EC2 itself cuts the power if that takes too long, so a step's `grace_period` does not apply.
    No real account has seen this kind yet.
    """

    instance: InstanceId = Field(description="The instance, such as `i-0123456789abcdef0`.")


def open_aws_ec2(said: AwsEc2Connection, context: DriverContext) -> Roles:
    """Return the instance as a service."""
    from grace_workers.drivers._shared.aws_api import AwsApi
    from grace_workers.drivers.aws_ec2.instance import Ec2Instance

    del context
    cloud = AwsApi(said)
    service: Restartable = Ec2Instance(cloud, said.instance)
    proof: EnvironmentProof = cloud
    return {Restartable: service, EnvironmentProof: proof}


EXAMPLE = """\
targets:
  - name: shop-machine
    kind: aws_ec2
    owner: internal
    connection:
      region: eu-west-1
      instance: i-0123456789abcdef0
"""

DEFINITION = Driver(
    kind=TargetKind("aws_ec2"),
    connection=AwsEc2Connection,
    roles=(Restartable, EnvironmentProof),
    open=open_aws_ec2,
    example=EXAMPLE,
    extra="aws",
)
