"""The port to a sandbox: all code that is not ours is started through it, and through nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import IO, Protocol, Self

from grace_workers.foundation.errors import PermanentError

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLimits:
    """What a program and everything that it starts may use. Sizes are in bytes.

    `processes` counts threads. `files` are open ones of one process, and `file_size` is that of one file. `output`
    is what it prints, and `disk` what it writes to its temporary folder and its other writable folders.
    """

    memory: int = 2048 * MEBIBYTE
    processes: int = 64
    cpu: timedelta = timedelta(minutes=5)
    files: int = 512
    file_size: int = 64 * MEBIBYTE
    output: int = 64 * MEBIBYTE
    disk: int = 512 * MEBIBYTE
    wall: timedelta = timedelta(minutes=5)


class SandboxLimit(StrEnum):
    """A limit that can end a program."""

    MEMORY = "memory"
    PROCESSES = "processes"
    CPU = "cpu"
    FILES = "files"
    FILE_SIZE = "file_size"
    OUTPUT = "output"
    DISK = "disk"
    WALL = "wall"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceUse:
    """What a program used. `memory` is the largest resident size, in bytes."""

    cpu: timedelta
    memory: int
    wall: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended: by an exit code, by a signal, or by a limit, which then also says by which signal."""

    code: int | None
    signal: int | None
    limit: SandboxLimit | None
    usage: ResourceUse


class Sandboxed(Protocol):
    """A started program: three pipes, and an end that includes everything it started.

    Used in a `with` statement, it is killed at the end of the block, and its pipes are closed.
    """

    def __enter__(self) -> Self:
        """Return itself."""
        ...

    def __exit__(self, *reason: object) -> None:
        """Kill it, and close its pipes."""
        ...

    @property
    def stdin(self) -> IO[bytes]:
        """The program's standard input."""
        ...

    @property
    def stdout(self) -> IO[bytes]:
        """Its standard output."""
        ...

    @property
    def stderr(self) -> IO[bytes]:
        """Its standard error."""
        ...

    def wait(self, timeout: timedelta) -> Ended:
        """Return how it ended.

        Raises:
            TransientError: it has not ended within `timeout`.
        """
        ...

    def kill(self) -> None:
        """End it and everything that it started; does nothing if it has ended."""
        ...


_NOTHING: Mapping[str, str] = MappingProxyType({})


class Sandbox(Protocol):
    """A place in which foreign code can do no harm: no network, a read-only root, limits. It starts programs."""

    @property
    def level(self) -> str:
        """The rung in use, as reports and audit entries name it: `bubblewrap`, `landlock`."""
        ...

    def start(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        writable: Sequence[Path] = (),
        readable: Sequence[Path] = (),
        limits: SandboxLimits,
        environment: Mapping[str, str] = _NOTHING,
    ) -> Sandboxed:
        """Start a program in `folder`. It writes only below `writable` and to a private temporary folder.

        `readable` names what it must see besides the system and `folder`. Its environment is `environment` and
        a `PATH`.

        Raises:
            PermanentError: it cannot be started; the message says what is missing and how to fix it.
        """
        ...


@dataclass(frozen=True)
class NoSandbox:
    """Stands in for a sandbox if none works: it starts nothing, and says what is `missing`."""

    missing: str
    level: str = "none"

    def start(self, argv: Sequence[str], **_: object) -> Sandboxed:
        """Start nothing.

        Raises:
            PermanentError: always, with what is missing.
        """
        raise PermanentError(f"{argv[0]} is not started without a sandbox: {self.missing}")
