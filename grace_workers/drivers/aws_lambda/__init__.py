"""An AWS Lambda function: how many of it may run at once."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, Roles, ServiceLimits
from grace_workers.drivers._shared.aws_api import AwsConnection
from grace_workers.drivers._shared.bounds import LimitBounds
from grace_workers.foundation.ids import TargetKind

FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class AwsLambdaConnection(AwsConnection):
    """A Lambda function, whose reserved concurrency is the limit `reserved_concurrency`.

    Grace's role needs `lambda:GetFunctionConcurrency`, `lambda:PutFunctionConcurrency` and
    `lambda:DeleteFunctionConcurrency`. What a function reserves, the others of the account cannot use.
    No real account has seen this kind yet.
    """

    function: FunctionName = Field(description="The name of the function.")
    reserved_concurrency: LimitBounds = Field(description="Between which numbers it may be set.")


def open_aws_lambda(said: AwsLambdaConnection, context: DriverContext) -> Roles:
    """Return the function's limit."""
    from grace_workers.drivers._shared.aws_api import AwsApi
    from grace_workers.drivers.aws_lambda.concurrency import ReservedConcurrency

    del context
    cloud = AwsApi(said)
    limits: ServiceLimits = ReservedConcurrency(cloud, said.function, said.reserved_concurrency)
    proof: EnvironmentProof = cloud
    return {ServiceLimits: limits, EnvironmentProof: proof}


EXAMPLE = """\
targets:
  - name: shop-checkout
    kind: aws_lambda
    owner: internal
    connection:
      region: eu-west-1
      function: shop-checkout
      reserved_concurrency: {lowest: 10, highest: 200}
"""

DEFINITION = Driver(
    kind=TargetKind("aws_lambda"),
    connection=AwsLambdaConnection,
    roles=(ServiceLimits, EnvironmentProof),
    open=open_aws_lambda,
    example=EXAMPLE,
    extra="aws",
)
