"""The event mesh: events on their way into the log, and the positions of subscriptions; its ports are stores.

An event becomes readable a moment after its transaction commits, when a mover has given it a position.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import EventId, uuid7
from grace_workers.foundation.redaction import starred, without_secrets
from grace_workers.orchestration.events import topics
from grace_workers.orchestration.events.topic import B, Topic
from grace_workers.signals import storable

MOST_BYTES = 32_768
MOST_PAGE = 1_000
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event on its way into the outbox: checked, without credentials, its body as JSON text."""

    id: EventId
    topic: str
    key: str
    body: str


@cache
def declared() -> Catalog[Topic[Any]]:
    """Return all topics. Raises CatalogError for a faulty definition."""
    return discover(topics, Topic, label="topic")


def topic_at(address: str) -> Topic[Any]:
    """Return the topic of an address.

    Raises:
        InputError: there is no such topic.
    """
    known = {one.address: one for one in declared()}
    if address not in known:
        raise InputError(f"unknown topic {address[:80]!r}; known: {', '.join(known)}")
    return known[address]


def draft(topic: Topic[B], body: B, event_id: EventId | None = None) -> Draft:
    """Return the event for publishing `body`, with credentials in its texts replaced by stars.

    Raises:
        InputError: the topic is not declared, the body is of another topic, or it is too large.
    """
    if topic.name not in declared() or declared()[topic.name] is not topic:
        raise InputError(f"topic {topic.name[:80]!r} is not declared; add its file to orchestration/events/topics")
    if not isinstance(body, topic.body):
        raise InputError(f"topic {topic.address}: the body is a {type(body).__name__}, not a {topic.body.__name__}")
    text = json.dumps(_clean(without_secrets(body.model_dump(mode="json"))), separators=(",", ":"), allow_nan=False)
    if len(text) > MOST_BYTES:
        raise InputError(
            f"topic {topic.address}: a body of {len(text)} characters, at most {MOST_BYTES} are accepted; "
            f"publish a name or id and let the reader fetch the rest"
        )
    key = starred(storable(topic.key(body)))[:_LONGEST_KEY]
    return Draft(id=EventId(uuid7()) if event_id is None else event_id, topic=topic.address, key=key, body=text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


class StartPosition(StrEnum):
    """Where a new subscription begins: after the newest event, or with the oldest event that is kept."""

    NEWEST = "newest"
    OLDEST = "oldest"


LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The position of a subscription. Only the holder under the newest `epoch` may move it, and only from there.

    So work whose commit was unclear is not repeated: the cursor has either left `position` or it has not.
    """

    name: str
    position: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionStatus:
    """A subscription as people see it. `lag` counts all events up to the newest, of any topic.

    `missed` counts positions that retention deleted before the subscription reached them.
    """

    name: str
    position: int
    lag: int
    holder: str | None
    attempts: int
    missed: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """An event that failed too often for one subscription, which continued without it."""

    subscription: str
    id: EventId
    position: int
    topic: str
    attempts: int
    error: str
    parked_at: datetime


class CursorLostError(ConflictError):
    """Another process holds the subscription, or its cursor has moved: drop everything, and take it again."""
