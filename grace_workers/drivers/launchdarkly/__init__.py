"""Feature flags of LaunchDarkly, with what a relay serves as the proof."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.actions import Driver, DriverContext, EnvironmentProof, FlagStore, Roles
from grace_workers.foundation.api_address import ApiAddress, refuse_readable
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import Secret

ProjectKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class LaunchDarklyRelay(Document):
    """A Relay Proxy that serves the environment to its clients."""

    url: ApiAddress = Field(description="Its address, such as `https://relay.shop.example`.")
    sdk_key: Secret = Field(description="The server-side SDK key of the environment.")

    @model_validator(mode="after")
    def _secret(self) -> Self:
        refuse_readable((self.url,), "the SDK key")
        return self


class LaunchDarklyConnection(Document):
    """Flags of one environment of a LaunchDarkly project.

    A flag's variant is what it serves by default, which LaunchDarkly calls the fallthrough variation. Only that is
    switched, by a JSON patch that tests the flag's version first; flags whose default is a percentage rollout are left
    alone. The token needs the right to read flags and to change their fallthrough. With `relay`, a switch is done when
    the Relay Proxy serves it. It follows the published REST API, version 20240415; no real LaunchDarkly has seen it.
    """

    project: ProjectKey = Field(description="The key of the project.")
    environment: ProjectKey = Field(description="The key of the environment, such as `production`.")
    token: Secret = Field(description="The access token.")
    url: ApiAddress = Field(default="https://app.launchdarkly.com", description="The address of the API.")
    relay: LaunchDarklyRelay | None = Field(default=None, description="A Relay Proxy that serves these flags.")
    patience: Timeout = Field(default=timedelta(seconds=30), description="How long a switch may take to be served.")

    @model_validator(mode="after")
    def _secret(self) -> Self:
        refuse_readable((self.url,), "the token")
        return self


def open_launchdarkly(said: LaunchDarklyConnection, context: DriverContext) -> Roles:
    """Return the flags of the environment."""
    from grace_workers.drivers.launchdarkly.project import ProjectFlags

    del context
    found = ProjectFlags(said)
    flags: FlagStore = found
    proof: EnvironmentProof = found
    return {FlagStore: flags, EnvironmentProof: proof}


EXAMPLE = """\
targets:
  - name: shop-flags
    kind: launchdarkly
    owner: internal
    connection:
      project: shop
      environment: production
      token: {env: SHOP_LAUNCHDARKLY_TOKEN}
      relay:
        url: https://relay.shop.example
        sdk_key: {env: SHOP_LAUNCHDARKLY_SDK_KEY}
"""

DEFINITION = Driver(
    kind=TargetKind("launchdarkly"),
    connection=LaunchDarklyConnection,
    roles=(FlagStore, EnvironmentProof),
    open=open_launchdarkly,
    example=EXAMPLE,
)
