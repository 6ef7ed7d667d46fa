"""The positions of subscriptions to events."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from grace_workers.orchestration.events.mesh import LEASE, Cursor, ParkedEvent, StartPosition, SubscriptionStatus
from grace_workers.orchestration.events.topic import Event


class CursorStore(Protocol):
    """The positions of subscriptions. Every write except `take` and `rewind` raises CursorLostError when fenced."""

    def take(
        self, name: str, holder: str, *, start: StartPosition = StartPosition.NEWEST, lease: timedelta = LEASE
    ) -> Cursor | None:
        """Hold the subscription for `lease`, or return None while another process does. A new one begins at `start`."""

    def move(self, cursor: Cursor, position: int, *, missed: int = 0, lease: timedelta = LEASE) -> Cursor:
        """Pass everything up to `position`, reset failures, renew the lease; return the updated cursor."""

    def attempt(self, cursor: Cursor, event: Event) -> int:
        """Count an attempt at `event` and return how many there were."""

    def park(self, cursor: Cursor, parked: ParkedEvent) -> None:
        """Park an event. Parking it again changes nothing."""

    def release(self, cursor: Cursor) -> None:
        """Let another process take the subscription at once. A fenced cursor changes nothing."""

    def rewind(self, name: str, position: int) -> None:
        """Deliver again from after `position`, or skip to it, even while a process holds it. Raises NotFoundError."""

    def standings(self) -> Sequence[SubscriptionStatus]:
        """Return all subscriptions, by name."""

    def parked(self, *, limit: int = 100) -> Sequence[ParkedEvent]:
        """Return the parked events, newest first."""
