"""The style sheet, the scripts and the icon.

The style sheet and the icon are written into each page, because a page is painted only once they are there. What has an
address has a hash of its content in it, so browsers cache it.
"""

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
STYLE = "dashboard.css"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class DashboardAsset:
    """One file: its name at `/dashboard/assets/`, its type, its bytes, and the same bytes as gzip."""

    address: str
    kind: str
    body: bytes
    packed: bytes


@cache
def style_source() -> str:
    """Return what a content security policy calls the style sheet, so that no other style is applied."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(assets()[STYLE].body).digest()).decode()}'"


@cache
def assets() -> Mapping[str, DashboardAsset]:
    """Return the files by name."""
    folder = files("grace_workers.entrypoints.dashboard") / "assets"
    found = {}
    for one in folder.iterdir():
        stem, _, ending = one.name.rpartition(".")
        if ending in _TYPES:
            body = one.read_bytes()
            digest = hashlib.sha256(body).hexdigest()[:_DIGITS]
            found[one.name] = DashboardAsset(
                f"{stem}.{digest}.{ending}", _TYPES[ending], body, gzip.compress(body, mtime=0)
            )
    return found


def at_address(address: str) -> DashboardAsset | None:
    """Return the file at an address; None if there is none, because each version has its own address."""
    return next((one for one in assets().values() if one.address == address), None)
