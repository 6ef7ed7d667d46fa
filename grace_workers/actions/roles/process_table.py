"""`ProcessTable`: the processes of a machine that may be ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEntry:
    """A live process. `incarnation` distinguishes it from a later one of the same pid; `memory` is resident, in bytes.

    `zombies` counts the children that have ended and that it has not collected. `ports` are the TCP ports of the
    machine's own network that it listens on, as far as `find` is asked.
    """

    pid: int
    incarnation: str
    parent: int
    name: str
    user: str
    memory: int
    zombies: int
    ports: tuple[int, ...] = ()


class ProcessTable(Protocol):
    """The processes of a machine. Processes that may not be ended are not visible."""

    def find(self, name: str) -> Sequence[ProcessEntry]:
        """Return the live processes of exactly that name, the one with the most memory first."""

    def tree(self, pid: int, incarnation: str) -> Sequence[ProcessEntry]:
        """Return that very process and all its descendants, parents first; empty when it is gone.

        Raises PermanentError when one of them must not be ended.
        """

    def end(self, members: Sequence[tuple[int, str]], grace: timedelta) -> int:
        """End those very processes and their descendants: ask them, and kill them after `grace`. Idempotent.

        Return how many existed. Raises PermanentError, before any is asked, when one of them must not be ended,
        and TransientError when one still runs.
        """

    def runs(self, pid: int, incarnation: str) -> bool:
        """Return whether that very process runs; one that has ended and was not collected does not."""
