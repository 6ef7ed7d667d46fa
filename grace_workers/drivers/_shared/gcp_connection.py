"""How a connection names a project of Google Cloud and what is in it."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.foundation.api_address import ApiAddress, refuse_readable
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, Timeout

ProjectId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
GcpRegion = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,20}-[a-z]{2,20}[0-9]{1,2}$")]
GcpZone = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,20}-[a-z]{2,20}[0-9]{1,2}-[a-z]$")]
# RFC 1035, as Google demands it of most names: no path, no option and no template can be one.
GcpName = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]


class GcpConnection(Document):
    """How a project is reached."""

    project: ProjectId = Field(description="The project's id.")
    credentials_file: FilePath | None = Field(
        default=None,
        description="The key file of a service account. Default: Google's usual search, such as the machine's account.",
    )
    endpoint: ApiAddress | None = Field(
        default=None, description="One address for all of Google's APIs, such as a proxy. Default: Google's own."
    )
    patience: Timeout = Field(
        default=timedelta(minutes=10), description="How long Google may take to do what it was asked for."
    )

    @model_validator(mode="after")
    def _secret(self) -> Self:
        refuse_readable((self.endpoint,), "the token of the login")
        return self
