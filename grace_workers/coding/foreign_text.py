"""Reading TOML and JSON of a repository, which may be written to end whoever reads it."""

import json
import tomllib
from typing import Any


def read_toml(text: str) -> dict[str, Any]:
    """Return what a text says. Raises ValueError if it is no TOML, or nests too deeply for Python."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it nests too deeply to be read") from error


def read_json(text: str | bytes) -> Any:
    """Return what a text says. Raises ValueError if it is no JSON, or nests too deeply for Python."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it nests too deeply to be read") from error
