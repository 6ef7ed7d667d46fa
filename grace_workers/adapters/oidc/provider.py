"""`OidcProvider`: what the provider publishes of itself, the address to sign in at, and who came back."""

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import jwt

from grace_workers.adapters.oidc.exchange import fetched, redeemed
from grace_workers.adapters.oidc.id_token import UnknownKeyError, chosen_key, claims_of, key_id
from grace_workers.foundation.api_address import is_readable_on_the_way
from grace_workers.foundation.errors import PermanentError
from grace_workers.orchestration.sign_in import ProvenPerson, SignInAttempt

BACK = "/dashboard/sign-in/back"
_KEPT, _KEYS_AGAIN = 600.0, 5.0
_LONGEST_VALUE, _MOST_VALUES = 200, 1_000


class OidcProvider:
    """One provider, for one client. What it publishes is kept for ten minutes; keys only until one is unknown."""

    def __init__(self, declared: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._declared = declared
        self._clock = clock
        self.label, self.home = declared.label, declared.address
        self._lock = threading.Lock()
        self._about: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, jwt.PyJWKSet] | None = None

    def address(self, attempt: SignInAttempt) -> str:
        """Return where the browser goes to sign in."""
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._declared.client_id,
            "redirect_uri": f"{self.home}{BACK}",
            "scope": " ".join(self._declared.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        place = self._endpoint("authorization_endpoint")
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def identity(self, code: str, attempt: SignInAttempt) -> ProvenPerson:
        """Return who signed in. Raises as `IdentityProvider` says."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": f"{self.home}{BACK}",
            "code_verifier": attempt.verifier,
        }
        told = redeemed(self._endpoint("token_endpoint"), *self._as_client(form))
        token = told.get("id_token")
        if not isinstance(token, str):
            raise PermanentError("the identity provider sent no id_token; does `sign_in.scopes` have `openid`?")
        claims = claims_of(
            token,
            self._key(key_id(token)),
            issuer=self._declared.issuer,
            client=self._declared.client_id,
            nonce=attempt.nonce,
        )
        return self._identity(claims)

    def _identity(self, claims: Mapping[str, Any]) -> ProvenPerson:
        name = _claim(claims, self._declared.name_claim)
        return ProvenPerson(
            issuer=claims["iss"],
            subject=claims["sub"],
            name=name if isinstance(name, str) else "",
            values=_values(_claim(claims, self._declared.role_claim)),
        )

    def _as_client(self, form: dict[str, str]) -> tuple[dict[str, str], tuple[str, str] | None]:
        """Return the form and the credentials, in the way that the provider takes (RFC 6749, 2.3.1)."""
        client, secret = self._declared.client_id, self._declared.client_secret
        if secret is None:
            return {**form, "client_id": client}, None
        ways = self._published().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in ways:
            return form, (quote_plus(client), quote_plus(secret.get_secret_value()))
        return {**form, "client_id": client, "client_secret": secret.get_secret_value()}, None

    def _endpoint(self, name: str) -> str:
        found = self._published().get(name)
        if not isinstance(found, str):
            raise PermanentError(f"the identity provider publishes no {name}; check `sign_in.issuer`")
        if is_readable_on_the_way(found):
            raise PermanentError(f"the identity provider's {name} is {found[:200]!r}, which is not reached over https")
        return found

    def _published(self) -> Mapping[str, Any]:
        with self._lock:
            now = self._clock()
            if self._about is None or now - self._about[0] > _KEPT:
                issuer = self._declared.issuer
                found = fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != issuer:
                    told = str(found.get("issuer"))[:200]
                    raise PermanentError(
                        f"the provider at {issuer} calls itself {told!r}; set `sign_in.issuer` to that"
                    )
                self._about = now, found
            return self._about[1]

    def _key(self, wanted: str | None) -> jwt.PyJWK:
        place = self._endpoint("jwks_uri")
        with self._lock:
            now = self._clock()
            if self._keys is not None and now - self._keys[0] <= _KEPT:
                try:
                    return chosen_key(self._keys[1], wanted)
                except UnknownKeyError:
                    # Anyone can send a token that names any key, so the provider is not asked each time.
                    if now - self._keys[0] < _KEYS_AGAIN:
                        raise
            self._keys = now, _key_set(fetched(place))
            return chosen_key(self._keys[1], wanted)


def _key_set(found: Mapping[str, Any]) -> jwt.PyJWKSet:
    try:
        return jwt.PyJWKSet.from_dict(dict(found))
    except (jwt.PyJWTError, AttributeError, TypeError) as error:
        raise PermanentError("the identity provider publishes no keys that can be used") from error


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return the claim of that name, or what its dotted parts lead to; None when there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _values(found: Any) -> frozenset[str]:
    given = found if isinstance(found, list) else [found]
    return frozenset(one for one in given[:_MOST_VALUES] if isinstance(one, str) and len(one) <= _LONGEST_VALUE)
