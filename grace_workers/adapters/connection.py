"""What a target's connection may say, a `Document` for each kind, and the secrets it may point to."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import require_given

Line = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00\n\r]+$")]
_EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Account = Annotated[str, StringConstraints(pattern=r"^([A-Za-z_][A-Za-z0-9_.-]{0,31}|[0-9]{1,9})$")]
Wait = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(hours=1))]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no time zone {name!r}; use a name like Europe/Vienna") from error
    return name


def _path(path: Path) -> Path:
    if "\x00" in str(path):
        raise ValueError("a path holds no NUL")
    return path


Location = Annotated[Path, AfterValidator(_path)]
Zone = Annotated[str, AfterValidator(_zone)]


class Secret(Document):
    """A value kept elsewhere: `{env: NAME}` in grace's environment, or `{file: PATH}`."""

    env: _EnvironmentName | None = None
    file: Location | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("give `env` or `file`, one of them")
        return self

    def reveal(self, what: str) -> str:
        """Return the value; `what` names it in the error.

        Raises:
            InputError: it is not there or empty, or others may change it.
        """
        if self.env is not None:
            if value := os.environ.get(self.env):
                return value
            raise InputError(f"{what}: environment variable {self.env} is not set; set it")
        require_given(Path(self.file or ""), f"{what}: secret file")
        try:
            value = Path(self.file or "").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{what}: secret file {str(self.file)!r} cannot be read; correct its path") from error
        if not value:
            raise InputError(f"{what}: secret file {str(self.file)!r} is empty")
        return value


Text = Line | Secret


def reveal(text: Text, what: str) -> str:
    """Return a value that stands there or is kept elsewhere. Raises InputError when it is not there."""
    return text.reveal(what) if isinstance(text, Secret) else text


class ReadySettings(Document):
    """When a process counts as started: `http` answers below 500, or `tcp` (`host:port`) takes connections."""

    http: Line | None = None
    tcp: Annotated[str, StringConstraints(pattern=r"^[^\s:]+:[0-9]{1,5}$")] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.http is None) == (self.tcp is None):
            raise ValueError("give `http` or `tcp`, one of them")
        return self


class ProcessConnection(Document):
    """A process that grace starts, and what else there is to see of it.

    It runs as `user` and `group`, names or numbers, which needs a node of root; without them as grace's own user.
    """

    command: Annotated[tuple[Line, ...], Field(min_length=1)]
    pid_file: Location
    user: Account | None = None
    group: Account | None = None
    umask: Annotated[str, StringConstraints(pattern=r"^0?[0-7]{3}$")] = "022"
    cwd: Location | None = None
    env: dict[_EnvironmentName, Text] = Field(default_factory=dict)
    log_file: Location | None = None
    ready: ReadySettings | None = None
    start_timeout: Wait = timedelta(seconds=15)
    http: Line | None = None
    error_log: Location | None = None
    error_log_zone: Zone = "UTC"
    log_control: Location | None = None


class PostgresConnection(Document):
    """A PostgreSQL database. Its role needs pg_monitor, pg_signal_backend, pg_checkpoint and MAINTAIN to do all."""

    url: Text
    patience: Wait = timedelta(seconds=10)
    upkeep: Wait = timedelta(minutes=10)


class FilesConnection(Document):
    """A directory tree. `quota` is in bytes, the file system's size without one; `stash` lies outside the tree."""

    root: Location
    quota: Annotated[int, Field(gt=0)] | None = None
    stash: Location | None = None
    keep_stashes: Annotated[timedelta, Field(ge=timedelta(hours=1))] = timedelta(days=7)


class FlagsConnection(Document):
    """A flagd file."""

    file: Location


class HttpConnection(Document):
    """An HTTP service."""

    url: Line


class LoggingConnection(Document):
    """A process that runs `grace_workers.LevelControl` on the control file."""

    control_file: Location
    patience: Wait = timedelta(seconds=2)
