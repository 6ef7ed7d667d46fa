"""The token of senders that cannot send `Authorization: Bearer`: in the query, or as a password before the host."""

import base64
import binascii
from collections.abc import Mapping

_LONGEST = 1_000


def basic_credential(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return the password of HTTP Basic authentication (`http://token:<token>@host`), else `?token=`.

    If the password is empty, the user's name counts: `http://<token>@host`.
    """
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic" and len(given) <= _LONGEST:
        try:
            user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return password or user or None
    return query.get("token")
