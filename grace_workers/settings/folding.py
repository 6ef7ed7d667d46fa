"""Inserting a password into an address that contains none."""

import re
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr


def folded(values: Any) -> Any:
    """Insert the password into a URL that contains none, so that all other code handles one address."""
    if not isinstance(values, dict) or not values.get("password") or not values.get("url"):
        return values
    url, password = (_plain(values[key]) for key in ("url", "password"))
    scheme, mark, rest = url.partition("://")
    place, *path = re.split("(?=[/?])", rest, maxsplit=1)
    user, _, server = place.rpartition("@")
    if not mark or ":" in user:
        return values
    return {**values, "url": f"{scheme}://{user}:{quote(password, safe='')}@{server}{''.join(path)}"}


def _plain(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
