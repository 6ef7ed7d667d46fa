"""A supervised process of a node: its states and its condition."""

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
    """The condition of one process. `took` is seconds from its last start to ready; `trouble` is its last failure.

    `restarts` counts how often it ended by itself; `keeps_failing` says that restarts do not help, and `paused_for`
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
