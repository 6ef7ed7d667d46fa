"""Frozen dataclasses to stored JSON and back."""

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from grace_workers.foundation.errors import IntegrityError

T = TypeVar("T")


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("type[Any]", kind))


def stored(kind: type[T], value: T) -> Any:
    """Return `value` as JSON-able data."""
    return _adapter(cast("Hashable", kind)).dump_python(value, mode="json")


def restored(kind: type[T], data: Any, what: str) -> T:
    """Return the value that `data` was stored from.

    Raises:
        IntegrityError: the data does not fit the type any more.
    """
    try:
        return cast("T", _adapter(cast("Hashable", kind)).validate_python(data))
    except ValidationError as error:
        raise IntegrityError(f"{what} as stored does not match this release: {error.error_count()} errors") from error
