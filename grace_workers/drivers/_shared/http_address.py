"""Which paths may be requested from a declared service: plain ones below its base, however they are spelt."""

import unicodedata
from urllib.parse import unquote_to_bytes

import httpx

from grace_workers.foundation.errors import InputError

_MOST = 2_000
# Some servers decode a path twice, or more often behind proxies.
_ROUNDS = 4


def below(base: httpx.URL, path: str) -> httpx.URL:
    """Return the address of `path` below `base`.

    Raises:
        InputError: the path is not plain, or leaves the base in any interpretation that a server may give it.
    """
    shown = f"path {path[:80]!r}"
    if not path.startswith("/") or len(path) > _MOST or not path.isprintable() or "#" in path:
        raise InputError(f"{shown} must begin with '/', be short, and contain only printable characters and no '#'")
    steps = path.partition("?")[0]
    for reading in _readings(steps, shown):
        _check(reading, steps.count("/"), shown)
    address = parsed(str(base).rstrip("/") + path)
    root = base.raw_path.rstrip(b"/") + b"/"
    if (address.scheme, address.host, address.port) != (base.scheme, base.host, base.port):
        raise InputError(f"{shown} leads to another host than the target's")
    if not address.raw_path.startswith(root) or address.userinfo != base.userinfo:
        raise InputError(f"{shown} leads outside the base path of the target")
    return address


def parsed(url: str) -> httpx.URL:
    """Return the URL. Raises InputError without the driver's message, because that may show a password."""
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        raise InputError("the url cannot be read; use http://host:port/path") from None


def _readings(path: str, shown: str) -> list[str]:
    """Return the path as written, and after each repeated decoding of percent signs."""
    found = [path]
    for _ in range(_ROUNDS):
        try:
            decoded = unquote_to_bytes(found[-1]).decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{shown} is not UTF-8 after decoding; write the plain path") from error
        if decoded == found[-1]:
            return found
        found.append(decoded)
    raise InputError(f"{shown} is encoded more than {_ROUNDS} times; write the plain path")


def _check(reading: str, slashes: int, shown: str) -> None:
    # A full-width dot or slash is a plain one to a server that normalises.
    plain = unicodedata.normalize("NFKC", reading)
    if not plain.isprintable() or "\\" in plain:
        raise InputError(f"{shown} contains a backslash or an unprintable character; write the plain path")
    if plain.count("/") != slashes or "//" in plain:
        raise InputError(f"{shown} contains two slashes in a row, or something that some servers read so")
    # What follows a semicolon is not part of the name: `..;x` is `..` to some servers.
    if any(step.partition(";")[0].strip() in {".", ".."} for step in plain.split("/")):
        raise InputError(f"{shown} contains '.' or '..'; write the plain path")
