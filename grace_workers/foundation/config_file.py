"""Where the settings file is, and the data folder that it names, without reading its other settings.

A command that stops everything must work while someone edits the rest of that file, and at once.
"""

import os
import re
from pathlib import Path

import yaml

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import require_given

MOST_CONFIG_BYTES = 1_000_000
DATA_DIR = Path(".grace")
_ROW = re.compile(r"^([\"']?)data_dir\1[ \t]*:[ \t]+.*$", re.MULTILINE)


def config_path(config: Path | None) -> Path | None:
    """Return the settings file: the one given, else that of `GRACE_CONFIG`, else `grace.yaml` here if there is one."""
    named = os.environ.get("GRACE_CONFIG")
    path = config or Path(named or "grace.yaml")
    return path if config is not None or named or path.is_file() else None


def config_text(path: Path) -> str:
    """Return the content of the settings file.

    Raises:
        InputError: it can be changed by others, is too large, or cannot be read.
    """
    require_given(path, "settings file")
    try:
        if path.stat().st_size > MOST_CONFIG_BYTES:
            raise InputError(
                f"settings file {path} is larger than {MOST_CONFIG_BYTES} bytes; check that it is the right file"
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"settings file {path} cannot be read: {error}") from error


def rooted(value: str, path: Path) -> Path:
    """Return a path in the settings file: a relative one is taken from the file's own directory."""
    return path.resolve().parent / Path(value).expanduser()


def data_dir(config: Path | None) -> Path:
    """Return the data folder, as the environment or a row of the settings file names it.

    Raises:
        InputError: the file can be changed by others or cannot be read, or that row is not YAML.
    """
    for name, value in os.environ.items():
        if name.upper() == "GRACE_DATA_DIR" and value:
            return Path(value).expanduser().absolute()
    path = config_path(config)
    if path is None or (found := _named(path, config_text(path))) is None:
        return DATA_DIR.absolute()
    if not isinstance(found, str) or not found:
        raise InputError(f"settings file {path}: `data_dir` is not the path of a folder; write `data_dir: FOLDER`")
    return rooted(found, path).absolute()


def _named(path: Path, text: str) -> object:
    """Return what the file says of the folder: by a row of its own, so that the rest need not be YAML, or otherwise."""
    row = _ROW.search(text)
    if row is None and "data_dir" not in text:
        return None
    try:
        found = yaml.safe_load(text if row is None else row[0])
    except yaml.YAMLError as error:
        raise InputError(f"settings file {path}: its row `data_dir` is not YAML; write `data_dir: FOLDER`") from error
    return found.get("data_dir") if isinstance(found, dict) else None
