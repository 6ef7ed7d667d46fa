"""Addresses of HTTP APIs, and whether what is sent there can be read on the way."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import StringConstraints

ApiAddress = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s/@?#]+(/[^\s?#]*[^\s/?#])?$")]
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def refuse_readable(addresses: Iterable[str | None], secret: str) -> None:
    """Raise ValueError if a secret would leave this machine in clear text to one of the addresses."""
    if any(is_readable_on_the_way(one) for one in addresses if one is not None):
        raise ValueError(f"{secret} would be sent over http to another machine; give an address with https")


def is_readable_on_the_way(address: str) -> bool:
    """Return whether a secret that is sent to the address leaves this machine in clear text."""
    scheme, _, rest = address.partition("://")
    place = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2]
    host = place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]
    return scheme == "http" and host not in _HERE
