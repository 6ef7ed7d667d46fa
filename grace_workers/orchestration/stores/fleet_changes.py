"""Changes of how the fleet works that cycles proposed, and those of them that are in force."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.cycles import FleetChange


class FleetChangeStore(Protocol):
    """The versions of changes."""

    def propose(self, change: FleetChange) -> None:
        """Keep a version that is not in force; one that is kept already stays as it is."""

    def put(self, kind: str, subject: str, version: str, at: datetime) -> None:
        """Let one version be in force instead of any other. Idempotent: the time is that of the change."""

    def end(self, kind: str, subject: str, version: str) -> None:
        """Let that version not be in force; another one that is stays so."""

    def versions(self, kind: str | None = None) -> Sequence[FleetChange]:
        """Return all, of one kind or of every, by kind and subject; the newest of each first."""
        ...

    def in_force(self, kind: str | None = None) -> Sequence[FleetChange]:
        """Return those in force, of one kind or of every, by kind and subject."""
        ...
