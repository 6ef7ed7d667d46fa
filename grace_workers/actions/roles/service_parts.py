"""`ServiceParts`: a service that several equal parts provide together, each restarted on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

CRASHED_LATELY = timedelta(minutes=10)
"""Twice as long as a cluster waits at most before it starts a container again that keeps ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePart:
    """One part of a service. `incarnation` differs for every start, so a restart can be detected.

    `out_of_memory`: its last end was that it used more memory than it may. `crashing`: it ended of its own accord again
    and again, within the last `CRASHED_LATELY`; None where that cannot be known.
    """

    name: str
    incarnation: str | None
    healthy: bool
    out_of_memory: bool = False
    crashing: bool | None = None


class ServiceParts(Protocol):
    """The parts of one service."""

    def parts(self) -> Sequence[ServicePart]:
        """Return all of them, by name, healthy or not."""

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        """Restart one and return when it is healthy.

        Raises:
            NotFoundError: there is no such part any more.
            TransientError: it is not healthy within `patience`.
        """
