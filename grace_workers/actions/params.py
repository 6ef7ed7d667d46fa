"""The value types for params of primitives and checks."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints

from grace_workers.actions.pattern import accepted
from grace_workers.foundation.duration import span, spelled
from grace_workers.foundation.errors import InputError


def _pattern(text: str) -> str:
    try:
        return accepted(text)
    except InputError as error:
        raise ValueError(str(error)) from error


_CHANGED = re.compile(r"^(?:--- a|\+\+\+ b)/(.*)$", re.MULTILINE)
_UNFIT = re.compile(r"^(?:(?:new|old) (?:file )?mode 1(?!00)|GIT binary|rename |copy )", re.MULTILINE)


def _diff(text: str) -> str:
    names = _CHANGED.findall(text)
    if not text.startswith("diff --git a/") or not names:
        raise ValueError("this is not a diff as Git writes it; it begins with `diff --git a/`")
    if _UNFIT.search(text):
        raise ValueError("only plain changes of text files are accepted: no link, submodule, rename or binary file")
    for name in names:
        steps = name.split("/")
        if ".." in steps or ".git" in (step.lower() for step in steps) or not name.isprintable():
            raise ValueError(f"a patch may not touch {name[:80]!r}")
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
LoggerName = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Table = Annotated[
    str, StringConstraints(max_length=127, pattern=r"^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$")
]
PackageName = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")]
PackageVersion = Annotated[str, StringConstraints(max_length=100, pattern=r"^[0-9][A-Za-z0-9.!+]*$")]
RevisionName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,64}$")]
ProposalBranch = Annotated[str, StringConstraints(pattern=r"^grace/[a-z0-9][a-z0-9_-]{0,99}$")]
Patch = Annotated[str, StringConstraints(max_length=200_000), AfterValidator(_diff)]
PartKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
PartHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Pattern = Annotated[str, AfterValidator(_pattern)]
Patterns = Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=50)]
Span = Annotated[
    timedelta,
    BeforeValidator(span),
    PlainSerializer(spelled, return_type=str, when_used="json"),
    Field(ge=timedelta(0), le=timedelta(days=3650)),
]
"""Written like `10s` or `1m30s`, as in playbooks, or in ISO 8601."""
