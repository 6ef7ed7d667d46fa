"""The targets that discoveries found, and how each discovery's last look ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from grace_workers.orchestration.discovery.comparing import Discovered


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryState:
    """The last look of one discovery. `revision` grows with each change of its targets.

    `refused` says by name why something seen became no target. `problem` says why the targets may be out of date.
    """

    name: str
    looked_at: datetime
    revision: int = 0
    seen: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None


class DiscoveredStore(Protocol):
    """The discovered targets. A name belongs to one discovery at a time."""

    def lock(self) -> None:
        """Let one transaction at a time change them from here on."""

    def revisions(self) -> Mapping[str, int]:
        """Return the revision of each discovery; it tells cheaply whether any target has changed."""
        ...

    def states(self) -> Sequence[DiscoveryState]:
        """Return how the last look of each discovery ended, by name."""
        ...

    def targets(self) -> Sequence[Discovered]:
        """Return the discovered targets, by name."""
        ...

    def save(self, state: DiscoveryState, targets: Sequence[Discovered] | None) -> None:
        """Keep how a look ended, and replace the discovery's targets unless they are None."""
