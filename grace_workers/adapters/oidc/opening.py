"""The provider that the settings declare, opened and guarded."""

from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from grace_workers.adapters.guard import BreakerRegistry, Limits
from grace_workers.foundation.breaker import BreakerPolicy, Rate
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.sign_in import IdentityProvider, ProvenPerson, SignInAttempt

if TYPE_CHECKING:
    from grace_workers.adapters.oidc.provider import OidcProvider

# A stranger can make each sign-in fail, so the rate holds strangers back and no breaker opens on what they send.
_LIMITS = Limits(policy=BreakerPolicy(), rate=Rate(per_second=5.0, burst=30), patience=timedelta(seconds=2))


class GuardedProvider:
    """A provider behind a circuit breaker and a rate."""

    def __init__(self, provider: "OidcProvider", guards: BreakerRegistry) -> None:
        self._provider = provider
        self._guard = guards.of("identity-provider", _LIMITS)
        self.label, self.home = provider.label, provider.home

    def address(self, attempt: SignInAttempt) -> str:
        """Return where the browser goes, unless the provider failed too often lately."""
        with self._guard.call():
            return self._provider.address(attempt)

    def identity(self, code: str, attempt: SignInAttempt) -> ProvenPerson:
        """Return who signed in, unless the provider failed too often lately."""
        with self._guard.call():
            return self._provider.identity(code, attempt)


def open_provider(declared: Any, guards: BreakerRegistry) -> IdentityProvider | None:
    """Return the provider; None if the settings declare none. Nothing connects before the first sign-in.

    Raises:
        InputError: PyJWT is not installed.
    """
    if declared.issuer is None:
        return None
    if find_spec("jwt") is None:
        raise InputError("`sign_in` needs the extra: pip install 'grace-workers[oidc]'")
    # Only an API with a provider needs an HTTP client and the library for tokens.
    from grace_workers.adapters.oidc.provider import OidcProvider

    return GuardedProvider(OidcProvider(declared), guards)
