"""`Vitals`: what tells that a target will fail soon, by the eight factors of a failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grace_workers.foundation.ids import TargetName


class Factor(StrEnum):
    """What foretells a failure. The value is the word that people read."""

    CPU = "CPU load"
    MEMORY = "memory in use"
    DISK = "disk in use"
    ERRORS = "errors"
    LATENCY = "latency"
    RESTARTS = "restarts"
    QUEUE = "queue"
    HEARTBEAT = "age of the heartbeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """The readings of one target by factor, the worst of each.

    Those of machines that it depends on count as its own. `serving` are the seconds since its last restart.
    `failed_at` is when an error or worse of it was last reported, and `failing` tells whether one is not settled. A
    reading that failed is absent.
    """

    target: TargetName
    labels: Mapping[str, str]
    readings: Mapping[Factor, float]
    serving: float | None = None
    failed_at: datetime | None = None
    failing: bool = False
