"""An OpenID Connect provider, by the authorization code flow with PKCE."""

from grace_workers.adapters.oidc.opening import open_provider

__all__ = ["open_provider"]
