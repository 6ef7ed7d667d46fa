"""How a connection names a resource group of Azure and what is in it."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from grace_workers.foundation.api_address import ApiAddress, refuse_readable
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import Timeout
from grace_workers.foundation.secret import Secret

Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
ResourceGroup = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_(-]([A-Za-z0-9._()-]{0,88}[A-Za-z0-9_()-])?$")]
AzureName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$")]


class AzureClient(Document):
    """The login of an application."""

    tenant: Guid = Field(description="The id of the application's tenant.")
    client: Guid = Field(description="The application's id.")
    secret: Secret = Field(description="The application's secret.")


class AzureConnection(Document):
    """How a resource group is reached."""

    subscription: Guid = Field(description="The subscription's id, in small letters.")
    resource_group: ResourceGroup = Field(description="The name of the resource group.")
    login: AzureClient | None = Field(
        default=None,
        description="An application's login. Default: that of Grace's environment, of its workload, or of its machine.",
    )
    endpoint: ApiAddress = Field(
        default="https://management.azure.com", description="The address of Azure Resource Manager in your cloud."
    )
    patience: Timeout = Field(
        default=timedelta(minutes=10), description="How long Azure may take to do what it was asked for."
    )

    @model_validator(mode="after")
    def _secret(self) -> Self:
        refuse_readable((self.endpoint,), "the token of the login")
        return self
