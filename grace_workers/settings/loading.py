"""Reading the tree from a file and the environment."""

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    SettingsError,
)

from grace_workers.foundation.config_file import config_path, config_text, rooted
from grace_workers.foundation.document import sentence
from grace_workers.foundation.errors import InputError
from grace_workers.settings.earlier import Earlier
from grace_workers.settings.secrets import secrets_of
from grace_workers.settings.tree import Settings

_EARLIER = Earlier()


def secret_files(environment: Mapping[str, str | None]) -> Mapping[str, Path]:
    """Return, by the name of its setting in capitals, each file that a `<name>_FILE` variable names for a secret."""
    told = {name.upper(): value for name, value in environment.items()}
    names = (f"GRACE_{group}__{member}".upper() for group, member in secrets_of(Settings))
    return {name: Path(path) for name in names if (path := told.get(f"{name}_FILE"))}


def load_settings(config: Path | None = None) -> Settings:
    """Return the settings from `config` and the environment.

    The default is the file that `GRACE_CONFIG` names, else `grace.yaml` in the working directory, if there.

    Relative paths in the file are taken from the file's own directory.

    Raises:
        InputError: the file can be changed by others or cannot be read, is not YAML, or a value does not fit; no value
            is shown.
    """
    values: dict[str, Any] = {}
    if (path := config_path(config)) is not None:
        values = {**_read(path), "config_file": path.resolve()}
    if (known := _EARLIER.again(values, os.environ)) is not None:
        return known
    _refuse_unknown(os.environ)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise InputError(f"settings: {sentence(error)}{_hint(error, values)}") from error
    except SettingsError as error:
        # It names the field and not the value; its cause contains the value.
        raise InputError(f"settings: {error}; write valid JSON, or set its parts, as in GRACE_API__PORT") from None
    _EARLIER.keep(values, os.environ, settings)
    return settings


def _hint(error: ValidationError, values: Mapping[str, Any]) -> str:
    """Return what the first unknown setting may mean, and which file has the first fault."""
    faults = error.errors(include_input=False, include_url=False)
    unknown = (fault["loc"] for fault in faults if fault["type"] == "extra_forbidden")
    near = next((found for place in unknown if (found := _meant(place))), None)
    of_file = any(fault["loc"][:1] and fault["loc"][0] in values for fault in faults)
    meant = f"; did you mean `{near}`?" if near else ""
    return meant + (f" (in {values['config_file']})" if of_file and "config_file" in values else "")


def _meant(place: Sequence[int | str]) -> str | None:
    """Return the setting whose name is most like the last step of a place, if that is in a group of settings."""
    model: Any = Settings
    for step in place[:-1]:
        field = model.model_fields.get(str(step)) if isinstance(model, type) and issubclass(model, BaseModel) else None
        model = field.annotation if field is not None else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    return next(iter(get_close_matches(str(place[-1]), model.model_fields, n=1)), None)


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """Refuse a misspelt group, which would otherwise be ignored; a misspelt member is refused with its group."""
    for name in environment:
        group, parted, _ = name.upper().removeprefix("GRACE_").partition("__")
        if name.upper().startswith("GRACE_") and parted and group.lower() not in Settings.model_fields:
            near = get_close_matches(group.lower(), Settings.model_fields, n=1)
            hint = f"; did you mean GRACE_{near[0].upper()}__…?" if near else ""
            raise InputError(f"settings: {name[:80]} is not a setting{hint or '; see the settings reference'}")


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(config_text(path))
    except yaml.YAMLError as error:
        # The parser's own message quotes the line, and the line may contain a password.
        raise InputError(f"settings file {path} is not valid YAML{_place(error)}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InputError(f"settings file {path} must contain a mapping at the top level, such as `data_dir: .grace`")
    return _rooted(values, path)


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f": see line {mark.line + 1}, column {mark.column + 1}, and the lines above it"


def _rooted(values: dict[str, Any], path: Path) -> dict[str, Any]:
    found = dict(values)
    for key in ("data_dir", "policy"):
        if isinstance(found.get(key), str):
            found[key] = rooted(found[key], path)
    for key in ("causes", "model_files", "playbooks"):
        if isinstance(found.get(key), list):
            found[key] = [rooted(str(item), path) for item in found[key]]
    return found
