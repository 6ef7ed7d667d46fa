"""Who stands in for which approver."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from grace_workers.governance import StandIn


class StandInStore(Protocol):
    """Who stands in for which approver."""

    def add(self, one: StandIn) -> None:
        """Keep one."""

    def open(self, now: datetime) -> Sequence[StandIn]:
        """Return those that hold now or will later, in the order in which they begin."""
        ...

    def load(self, wanted: UUID) -> StandIn:
        """Return one. Raises NotFoundError."""
        ...

    def end(self, wanted: UUID, now: datetime) -> None:
        """End one for good."""
