"""`RunningProcesses`: the processes of a service or a machine, and what each of them uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUse:
    """What one process uses. `memory` is resident, in bytes; `processor` the share of one processor since its start.

    `sockets` counts its connections by state and `listening` are its ports; `open_files` and `open_file_limit` count
    descriptors. What only the process's own user may know is None.
    """

    pid: int
    name: str
    user: str
    age: timedelta
    memory: int
    processor: float
    threads: int
    open_files: int | None = None
    open_file_limit: int | None = None
    sockets: Mapping[str, int] | None = None
    listening: Sequence[int] = field(default=())


class RunningProcesses(Protocol):
    """The processes of a service or a machine, read and never changed; no arguments and no environment are shown."""

    def count(self) -> int:
        """Return how many live processes there are."""
        ...

    def largest(self, limit: int) -> Sequence[ProcessUse]:
        """Return those with the most memory, at most `limit`, largest first."""
        ...
