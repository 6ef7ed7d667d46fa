"""Where the files of the package are."""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(name: Literal["playbooks", "migrations"]) -> Path:
    """Return the directory that ships with the product: in a wheel inside the package, in a checkout beside it."""
    inside = _PACKAGE / "shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
