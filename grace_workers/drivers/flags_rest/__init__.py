"""Feature flags behind a REST API, with what OpenFeature clients are served as the proof."""

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from grace_workers.actions import Driver, DriverContext, FlagStore, Roles
from grace_workers.foundation.api_address import ApiAddress, refuse_readable
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import Secret


class FlagsRestConnection(Document):
    """Feature flags behind a REST API, each as flagd defines it.

    `GET <url>/flags` answers `{"flags": {"<key>": <definition>}}`, and `GET <url>/flags/<key>` a definition and its
    `ETag`. `PATCH <url>/flags/<key>` with `If-Match` and a JSON merge patch of `defaultVariant` switches a flag. An API
    without `ETag` is only read, because a switch could overwrite another's. With `evaluation`, a switch is done when
    an OpenFeature evaluation (OFREP) serves the variant, as OpenFeature clients get it from flagd or a relay.
    For LaunchDarkly see the kind `launchdarkly`.
    """

    url: ApiAddress = Field(description="The address of the API that manages the flags.")
    token: Secret | None = Field(default=None, description="The bearer token of both APIs, if they ask for one.")
    evaluation: ApiAddress | None = Field(
        default=None, description="The address of an OFREP service that serves these flags, such as flagd's port 8016."
    )
    patience: Timeout = Field(default=timedelta(seconds=30), description="How long a switch may take to be served.")

    @model_validator(mode="after")
    def _secret(self) -> Self:
        if self.token is not None:
            refuse_readable((self.url, self.evaluation), "the token")
        return self


def open_flags_rest(said: FlagsRestConnection, context: DriverContext) -> Roles:
    """Return the flags of the API."""
    from grace_workers.drivers.flags_rest.managed import ManagedFlags

    del context
    flags: FlagStore = ManagedFlags(said.url, said.token, said.evaluation, said.patience)
    return {FlagStore: flags}


EXAMPLE = """\
targets:
  - name: shop-flags
    kind: flags_rest
    owner: internal
    connection:
      url: https://flags.shop.example/api
      token: {env: SHOP_FLAGS_TOKEN}
      evaluation: https://flagd.shop.example:8016
"""

DEFINITION = Driver(
    kind=TargetKind("flags_rest"),
    connection=FlagsRestConnection,
    roles=(FlagStore,),
    open=open_flags_rest,
    example=EXAMPLE,
)
