"""A supervised process of a node: its states, and how it is doing."""

from dataclasses import dataclass
from enum import StrEnum


class ProcessState(StrEnum):
    """waiting -> starting -> ready <-> unready; after an exit backing_off -> starting; at the end stopped.

    paused: ended on request, until it is resumed.
    """

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"
    BACKING_OFF = "backing_off"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStatus:
    """How one process is doing. `took` is seconds from its last start to ready; `trouble` is its last failure.

    `restarts` counts how often it ended by itself; `keeps_failing` says that restarts do not mend it, and `paused_for`
    why it is paused.
    """

    name: str
    state: ProcessState
    pid: int | None
    restarts: int
    took: float | None = None
    trouble: str | None = None
    keeps_failing: bool = False
    paused_for: str | None = None
