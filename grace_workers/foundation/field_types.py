"""Types of fields that documents of several rooms share."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"unknown time zone {name!r}; use a name like Europe/Vienna") from error
    return name


def _path(path: Path) -> Path:
    if "\x00" in str(path):
        raise ValueError("a path cannot contain NUL")
    return path


OneLine = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00\n\r]+$")]
FilePath = Annotated[Path, AfterValidator(_path)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Timeout = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(hours=1))]
