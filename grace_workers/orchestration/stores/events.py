"""The log of events: publish in the transaction of the change, and read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.ids import EventId
from grace_workers.orchestration.events.mesh import Draft
from grace_workers.orchestration.events.topic import B, Page, Topic


class Publisher(Protocol):
    """Publishes inside the current transaction: the event and the change it reports commit together or not at all."""

    def publish(self, topic: Topic[B], body: B, *, event_id: EventId | None = None) -> EventId:
        """Publish one event and return its id.

        Give `event_id` when the publication may be repeated, for example after an unclear commit: the log takes
        an id once, for as long as it keeps events. Raises InputError: see `draft`.
        """


class EventStore(Publisher, Protocol):
    """The log of events. `topics` are addresses; none means all."""

    def publish_all(self, drafts: Sequence[Draft]) -> None:
        """Publish many events, in this order."""

    def read(self, *, after: int, topics: Sequence[str] = (), limit: int = 100) -> Page:
        """Return the next events after a position, oldest first. Raises TrimmedError."""

    def newest(self, *, topics: Sequence[str] = (), limit: int = 20) -> Page:
        """Return the newest events, oldest of them first."""

    def before(self, moment: datetime) -> int:
        """Return the position after which the kept events became readable at `moment` or later."""
