"""The event mesh in memory: the same rules as PostgreSQL's, tested by the same conformance suite.

Transactions take turns here, so an event gets its position at once and is readable with its commit.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from grace_workers.foundation.ids import EventId
from grace_workers.orchestration.events.mesh import Draft, draft
from grace_workers.orchestration.events.topic import B, Event, Page, Topic, TrimmedError
from grace_workers.orchestration.stores.events import EventStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryEventStore(EventStore):
    """Implements `mesh.EventStore` inside one transaction of the memory ledger."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._events: dict[int, Event] = tx.table("events")
        self._head: dict[str, int] = tx.table("event_head")
        self._clock = tx.clock

    def publish(self, topic: Topic[B], body: B, *, event_id: EventId | None = None) -> EventId:
        made = draft(topic, body, event_id)
        self.publish_all([made])
        return made.id

    def publish_all(self, drafts: Sequence[Draft]) -> None:
        for made in drafts:
            self._publish(made)

    def _publish(self, made: Draft) -> None:
        if any(event.id == made.id for event in self._events.values()):
            return
        position, now = self._newest + 1, self._clock.now()
        self._events[position] = Event(
            position=position,
            id=made.id,
            topic=made.topic,
            key=made.key,
            body=json.loads(made.body),
            at=now,
            logged_at=now,
        )
        self._head["newest"] = position

    def read(self, *, after: int, topics: Sequence[str] = (), limit: int = 100) -> Page:
        if after < self._trimmed:
            raise TrimmedError(after, self._trimmed)
        found = [event for event in self._matching(topics) if event.position > after][:limit]
        return Page(events=found, upto=found[-1].position if len(found) == limit else max(self._newest, after))

    def newest(self, *, topics: Sequence[str] = (), limit: int = 20) -> Page:
        return Page(events=self._matching(topics)[-limit:], upto=self._newest)

    def before(self, moment: datetime) -> int:
        later = [event.position for event in self._events.values() if event.logged_at >= moment]
        return min(later) - 1 if later else self._newest

    def trim(self, *, keep: timedelta, most: int) -> int:
        """Delete what is expired or too much, and return how many."""
        old = [one.position for one in self._events.values() if one.logged_at < self._clock.now() - keep]
        bound = max([*old, self._newest - most])
        gone = [position for position in self._events if position <= bound]
        for position in gone:
            del self._events[position]
        self._head["trimmed"] = max([self._trimmed, *gone])
        return len(gone)

    @property
    def _newest(self) -> int:
        return self._head.get("newest", 0)

    @property
    def _trimmed(self) -> int:
        return self._head.get("trimmed", 0)

    def _matching(self, topics: Sequence[str]) -> list[Event]:
        return [event for event in self._events.values() if not topics or event.topic in topics]


DEFINITION = implements(EventStore)(MemoryEventStore)
