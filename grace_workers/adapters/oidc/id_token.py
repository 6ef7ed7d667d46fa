"""ID tokens: their signature and their claims, verified by PyJWT; nothing of a token that fails is repeated."""

import hmac
from collections.abc import Mapping
from typing import Any

import jwt

from grace_workers.foundation.errors import InputError

# No symmetric ones: a key that the provider publishes must never verify as a shared secret. No `none` either.
_ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
_NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
_CLOCKS_DIFFER = 60
_LONGEST_SUBJECT = 255


class UnknownKeyError(InputError):
    """The token names a key that the provider did not publish when it was last asked."""


def key_id(token: str) -> str | None:
    """Return the id of the key that signed the token. Raises InputError when it is no signed token."""
    try:
        found = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError as error:
        raise _unproven("what it sent is no signed token") from error
    return found if isinstance(found, str) else None


def chosen_key(keys: jwt.PyJWKSet, wanted: str | None) -> jwt.PyJWK:
    """Return the published key of that id, or the only one if the token names none. Raises UnknownKeyError."""
    signing = [one for one in keys.keys if one.public_key_use in {None, "sig"}]
    found = signing if wanted is None else [one for one in signing if one.key_id == wanted]
    if len(found) != 1:
        raise UnknownKeyError("the identity provider signed with a key that it does not publish; sign in again")
    return found[0]


def claims_of(token: str, key: jwt.PyJWK, *, issuer: str, client: str, nonce: str) -> Mapping[str, Any]:
    """Return the claims of a token that this provider made for this client and this very attempt.

    Raises:
        InputError: it did not; the message says what is wrong.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            # The bare key: a published one that does not say its algorithm would be taken for RS256.
            key.key,
            algorithms=_ALGORITHMS.get(key.key_type or "", ()),
            issuer=issuer,
            audience=client,
            leeway=_CLOCKS_DIFFER,
            options={"require": _NEEDED},
        )
    except jwt.ExpiredSignatureError as error:
        raise _unproven("it has expired, or the clocks differ by more than a minute") from error
    except jwt.InvalidAudienceError as error:
        raise _unproven("it was made for another client") from error
    except jwt.InvalidIssuerError as error:
        raise _unproven("it was made by another issuer") from error
    except jwt.MissingRequiredClaimError as error:
        raise _unproven(f"it lacks the claim {error.claim}") from error
    except jwt.PyJWTError as error:
        raise _unproven("its signature or a claim is not valid") from error
    _check(claims, client, nonce)
    return claims


def _check(claims: Mapping[str, Any], client: str, nonce: str) -> None:
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise _unproven("it answers another sign-in")
    audience = claims["aud"]
    if claims.get("azp", client) != client or (
        isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
    ):
        raise _unproven("it was made for another client")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= _LONGEST_SUBJECT:
        raise _unproven("it names no subject")


def _unproven(why: str) -> InputError:
    return InputError(f"the identity provider's token does not prove who signed in: {why}; sign in again")
