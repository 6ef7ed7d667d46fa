"""Secrets that lie in files of their own, which the environment names."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from pydantic import SecretStr
from pydantic_settings import (
    BaseSettings,
)

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import require_given
from grace_workers.settings.tree import Settings


def secret_files(environment: Mapping[str, str | None]) -> Mapping[str, Path]:
    """Return, by the name of its setting in capitals, each file that `<name>_FILE` names for a secret."""
    told = {name.upper(): value for name, value in environment.items()}
    names = (f"GRACE_{group}__{member}".upper() for group, member in _secrets(Settings))
    return {name: Path(path) for name in names if (path := told.get(f"{name}_FILE"))}


def with_secret_files(environment: Mapping[str, str | None], settings: type[BaseSettings]) -> Mapping[str, str | None]:
    """Return the environment with each secret read from the file that `<its name>_FILE` names."""
    found = dict(environment)
    for group, member in _secrets(settings):
        name = f"grace_{group}__{member}"
        path = found.pop(f"{name}_file", None)
        if path and found.get(name):
            raise InputError(f"settings: {name.upper()} and {name.upper()}_FILE are both set; keep one")
        if path:
            found[name] = _secret_in(Path(path), name.upper())
    return found


def _secrets(settings: type[BaseSettings]) -> Iterator[tuple[str, str]]:
    """Yield group and member of every secret among the settings."""
    for group, field in settings.model_fields.items():
        if _is_group(field.annotation):
            for member, inner in field.annotation.model_fields.items():
                if inner.annotation == SecretStr | None:
                    yield group, member


def _is_group(annotation: Any) -> TypeGuard[type[Document]]:
    return isinstance(annotation, type) and issubclass(annotation, Document)


def _secret_in(path: Path, name: str) -> str:
    require_given(path, f"settings: {name}_FILE names")
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(f"settings: {name}_FILE names {path}, which cannot be read: {why}") from None
    if not secret:
        raise InputError(f"settings: {name}_FILE names {path}, which is empty; write the secret into it")
    return secret
