"""The value types for params of primitives and checks."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from grace_workers.actions.pattern import accepted
from grace_workers.foundation.errors import InputError


def _pattern(text: str) -> str:
    try:
        return accepted(text)
    except InputError as error:
        raise ValueError(str(error)) from error


Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
LoggerName = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Table = Annotated[
    str, StringConstraints(max_length=127, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$")
]
PackageName = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")]
PackageVersion = Annotated[str, StringConstraints(max_length=100, pattern=r"^[0-9][A-Za-z0-9.!+]*$")]
RevisionName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,64}$")]
Pattern = Annotated[str, AfterValidator(_pattern)]
Patterns = Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=50)]
Span = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=3650))]
