"""Events: the log in pages and as a stream, and how far subscriptions have come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import AwareDatetime

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.event_stream import EventStream, StreamQuery
from grace_workers.entrypoints.api.orders import AcknowledgeOrder, CursorOrder, RewindOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.event import (
    AcknowledgedView,
    CursorView,
    EventsView,
    EventView,
    ParkedEventView,
    PulledView,
    ReleasedView,
    RewoundView,
    SubscriptionsView,
    SubscriptionView,
    TopicView,
)
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.events.mesh import MOST_PAGE, Cursor, declared, topic_at
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.subscriptions import GROUP, Pull, acknowledge, pull, rewind

router = APIRouter(prefix="/api/v1/events", tags=["events"])

Topics = Annotated[list[str] | None, Query(max_length=100, description="Only these topics; repeat it for several.")]
After = Annotated[int | None, Query(ge=0, le=2**62, description="Read the events after this position.")]
Since = Annotated[AwareDatetime | None, Query(description="Instead: read the events since this time.")]


@router.get("", summary="Events, oldest first", responses=responses(401, 409, 422, 429, 503))
def events(
    runtime: Run,
    _caller: Viewer,
    after: After = None,
    since: Since = None,
    topic: Topics = None,
    limit: Annotated[int, Query(ge=1, le=MOST_PAGE)] = 100,
) -> EventsView:
    """Return the events after a position or since a time; with neither, the newest ones.

    Continue with `after` = `upto`. 409 when events after that position have been deleted.
    """
    addresses = _addresses(topic)
    with runtime.ledger.transaction() as tx:
        begin = _begin(tx, after, since)
        if begin is None:
            page = tx.events.newest(topics=addresses, limit=limit)
        else:
            page = tx.events.read(after=begin, topics=addresses, limit=limit)
    return EventsView(events=[EventView.of(event) for event in page.events], upto=page.upto)


@router.get("/topics", summary="The topics of events", responses=responses(401, 429))
def topics(_caller: Viewer) -> list[TopicView]:
    """Return every topic with the JSON schema of its body."""
    return [
        TopicView(topic=one.address, about=one.about, body=one.body.model_json_schema())
        for one in sorted(declared(), key=lambda one: one.address)
    ]


@router.get("/subscriptions", summary="How far subscriptions have read", responses=responses(401, 429, 503))
def subscriptions(runtime: Run, _caller: Viewer) -> SubscriptionsView:
    """Return the durable subscriptions with their lag, and the newest parked events."""
    with runtime.ledger.transaction() as tx:
        standings, parked = tx.cursors.standings(), tx.cursors.parked()
    return SubscriptionsView(
        subscriptions=[SubscriptionView.of(one) for one in standings],
        parked=[ParkedEventView.of(one) for one in parked],
    )


@router.post(
    "/subscriptions/{name}/rewind",
    summary="Deliver events again",
    openapi_extra=described(RewindOrder),
    responses=responses(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def rewind_subscription(
    name: str, runtime: Run, caller: Operator, order: Annotated[RewindOrder, Depends(read_as(RewindOrder))]
) -> RewoundView:
    """Move a subscription to another position, whichever process holds it; 409 if those events have been deleted."""
    with runtime.ledger.transaction() as tx:
        after = _begin(tx, order.after, order.since)
        if after is None:
            raise InputError("give the position or time to continue from: after or since")
        rewind(tx, runtime.clock.now(), name, after, by=caller.name, reason=order.reason)
    return RewoundView(name=name, position=after)


_GROUP = responses(400, 401, 403, 409, 415, 422, 429, 503)
Group = Annotated[str, Path(pattern=GROUP, description="the group's name")]


@router.post(
    "/subscriptions/{name}/pull",
    summary="Read a group's next events",
    openapi_extra=described(Pull),
    responses=_GROUP,
)
def pull_events(
    name: Group, runtime: Run, caller: Operator, order: Annotated[Pull, Depends(read_as(Pull))]
) -> PulledView:
    """Hold the group for one process, and return the events that it has not acknowledged. A new group is created.

    Events that are not acknowledged within `hold` are delivered again, to any process of the group.
    """
    asked = order.model_copy(update={"holder": f"{caller.name}:{order.holder}"})
    with runtime.ledger.transaction() as tx:
        return PulledView.of(pull(tx, runtime.clock.now(), name, asked))


@router.post(
    "/subscriptions/{name}/acknowledge",
    summary="Acknowledge events",
    openapi_extra=described(AcknowledgeOrder),
    responses=_GROUP,
)
def acknowledge_events(
    name: Group,
    runtime: Run,
    _caller: Operator,
    order: Annotated[AcknowledgeOrder, Depends(read_as(AcknowledgeOrder))],
) -> AcknowledgedView:
    """Acknowledge the events up to `upto`, and extend the hold; 409 once another process holds the group."""
    cursor = Cursor(name=name, position=order.position, epoch=order.epoch)
    with runtime.ledger.transaction() as tx:
        moved = acknowledge(tx, cursor, order.upto, hold=order.hold)
    return AcknowledgedView(cursor=CursorView.of(moved))


@router.post(
    "/subscriptions/{name}/release",
    summary="Release the group to another process",
    openapi_extra=described(CursorOrder),
    responses=_GROUP,
)
def release_group(
    name: Group, runtime: Run, _caller: Operator, order: Annotated[CursorOrder, Depends(read_as(CursorOrder))]
) -> ReleasedView:
    """Let another process of the group take over at once instead of when the hold ends."""
    with runtime.ledger.transaction() as tx:
        tx.cursors.release(Cursor(name=name, position=order.position, epoch=order.epoch))
    return ReleasedView(name=name)


@router.get(
    "/stream",
    summary="Events as they happen",
    response_class=EventStream,
    responses={**responses(401, 422, 429, 503), 200: {"content": {"text/event-stream": {}}}},
)
def stream(
    request: Request,
    runtime: Run,
    _caller: Viewer,
    after: After = None,
    since: Since = None,
    topic: Topics = None,
    last_event_id: Annotated[str | None, Header(description="The id of the last event seen.")] = None,
) -> EventStream:
    """Stream server-sent events: `id` is the position, `event` the topic, `data` the event as JSON.

    Begins after `Last-Event-ID`, `after` or `since`, otherwise with the next event. An event named `missed` means that
    events in between have been deleted. The stream ends after some minutes; continue with `Last-Event-ID`.
    """
    addresses = _addresses(topic)
    if last_event_id is not None:
        after, since = _position(last_event_id), None
    with runtime.ledger.transaction() as tx:
        begin = _begin(tx, after, since)
        if begin is None:
            begin = tx.events.newest(limit=1).upto
    reading = StreamQuery(ledger=runtime.ledger, after=begin, topics=addresses)
    return EventStream.of(reading, request.app.state.streams, request.state.person)


def _begin(tx: LineTransaction, after: int | None, since: datetime | None) -> int | None:
    if after is not None and since is not None:
        raise InputError("give either after or since, not both")
    return tx.events.before(since) if since is not None else after


def _addresses(given: list[str] | None) -> Sequence[str]:
    return [topic_at(one).address for one in given or ()]


def _position(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:  # noqa: PLR2004
        raise InputError(f"Last-Event-ID {text[:80]!r} is not a position; send the id of the last event seen")
    return int(text)
