"""Signing in through an identity provider."""

from pydantic import Field

from grace_workers.entrypoints.api.views.view import View


class SignInView(View):
    """How people sign in besides by a token; both are null where the fleet has no identity provider."""

    label: str | None = Field(description="what people call the provider")
    home: str | None = Field(description="the address at which browsers reach the dashboard")


class SignInAttemptView(View):
    """An attempt: `address` is for the browser to go to, and the other three stay with whoever began it."""

    address: str
    state: str = Field(description="what the provider must send back with the code")
    nonce: str
    verifier: str


class SignedOutView(View):
    """Whether the token has ended, as one that was made by signing in does."""

    ended: bool
