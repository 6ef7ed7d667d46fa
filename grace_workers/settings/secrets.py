"""Secrets in files that the environment names."""

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


def with_secret_files(environment: Mapping[str, str | None], settings: type[BaseSettings]) -> Mapping[str, str | None]:
    """Return the environment with each secret read from the file that `<its name>_FILE` names."""
    found = dict(environment)
    for group, member in secrets_of(settings):
        name = f"grace_{group}__{member}"
        path = found.pop(f"{name}_file", None)
        if path and found.get(name):
            raise InputError(f"settings: {name.upper()} and {name.upper()}_FILE are both set; remove one")
        if path:
            found[name] = _secret_in(Path(path), name.upper())
    return found


def secrets_of(settings: type[BaseSettings]) -> Iterator[tuple[str, str]]:
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
