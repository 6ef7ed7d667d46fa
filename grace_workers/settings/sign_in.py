"""Signing in to the dashboard through an identity provider."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from grace_workers.foundation.api_address import ApiAddress, is_readable_on_the_way
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import OneLine

# Some providers have a slash at the end of their name, and a name is compared letter by letter.
IssuerName = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s@?#]+$")]
ClaimName = Annotated[str, StringConstraints(pattern=r"^[^\s\x00]{1,200}$")]


class SignInSettings(Document):
    """Signing in through an OpenID Connect provider; without `issuer` people sign in with tokens alone.

    `issuer` is the provider's address exactly as it names itself. `address` is where browsers reach the dashboard; the
    provider must allow `<address>/dashboard/sign-in/back` as a redirect. A provider without a secret relies on PKCE.

    `roles` maps a value of `role_claim` to a role. The highest role counts, and whoever has none of the values is
    turned away. Dots lead into objects, as in `realm_access.roles`, unless a claim of the whole name exists.
    `name_claim` is what people are called. A session ends after `session`, whatever the provider does meanwhile.
    """

    issuer: IssuerName | None = None
    client_id: OneLine | None = None
    client_secret: SecretStr | None = None
    address: ApiAddress | None = None
    label: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "your organisation"
    scopes: tuple[Annotated[str, StringConstraints(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,100}$")], ...] = Field(
        default=("openid", "profile", "email"), max_length=20
    )
    name_claim: ClaimName = "preferred_username"
    role_claim: ClaimName = "groups"
    roles: dict[OneLine, Literal["viewer", "operator", "approver", "admin"]] = Field(
        default_factory=dict, max_length=1_000
    )
    session: timedelta = Field(default=timedelta(hours=8), ge=timedelta(minutes=1), le=timedelta(days=7))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.issuer is None:
            return self
        needed = {"client_id": self.client_id, "address": self.address, "roles": self.roles}
        missing = [name for name, value in needed.items() if not value]
        if missing:
            raise ValueError(f"`issuer` is given without `{missing[0]}`; give all of {', '.join(needed)}")
        if "openid" not in self.scopes:
            raise ValueError("`scopes` lacks `openid`, without which a provider does not say who signed in")
        if is_readable_on_the_way(self.issuer):
            raise ValueError("`issuer` is reached over http on another machine; give an address with https")
        return self
