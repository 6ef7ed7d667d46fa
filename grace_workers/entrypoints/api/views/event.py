"""Events, and how far subscriptions have come."""

from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.foundation.document import JsonValue


class EventView(View):
    """One event of the log."""

    position: int
    id: UUID
    topic: str
    key: str
    body: dict[str, JsonValue]
    at: Moment
    logged_at: Moment


class EventsView(View):
    """Events, oldest first. Continue with `after` = `upto`."""

    events: list[EventView]
    upto: int


class TopicView(View):
    """A topic, and the JSON schema of its bodies."""

    topic: str
    about: str
    body: dict[str, JsonValue]


class SubscriptionView(View):
    """The position of a durable subscription. `lag` counts all events that it has yet to read, of any topic."""

    name: str
    position: int
    lag: int
    holder: str | None
    attempts: int
    missed: int = Field(description="positions that were deleted before the subscription read them")
    updated_at: Moment


class ParkedEventView(View):
    """An event that failed too often for one subscription, which continued without it."""

    subscription: str
    id: UUID
    position: int
    topic: str
    attempts: int
    error: str
    parked_at: Moment


class SubscriptionsView(View):
    """All durable subscriptions, and the newest parked events."""

    subscriptions: list[SubscriptionView]
    parked: list[ParkedEventView]


class CursorView(View):
    """The position of a subscription, and the epoch of the process that holds it."""

    position: int
    epoch: int


class PulledView(View):
    """The next events. Without a cursor, another process of the group is reading them."""

    cursor: CursorView | None
    events: list[EventView]


class AcknowledgedView(View):
    """The cursor after the acknowledged events."""

    cursor: CursorView


class ReleasedView(View):
    """Another process may take over."""

    name: str


class RewoundView(View):
    """Where a subscription continues."""

    name: str
    position: int
