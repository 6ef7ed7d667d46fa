"""The header that proves who asks, made of a secret when it is needed."""

from collections.abc import Mapping

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.secret import Secret


def revealed(token: Secret, of: str) -> str:
    """Return a token as a header may carry it. Raises InputError when it cannot; the token is in no message."""
    text = token.reveal(f"the token of {of}")
    if not (text.isascii() and text.isprintable()):
        raise InputError(f"the token of {of} has a character that no HTTP header takes; copy it again")
    return text


def bearer(token: Secret | None, of: str) -> Mapping[str, str]:
    """Return the header of a bearer token; none without a token."""
    return {} if token is None else {"Authorization": f"Bearer {revealed(token, of)}"}
