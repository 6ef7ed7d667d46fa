"""The types of the event mesh: a topic, an event, a page of events.

A body may gain fields as long as they have a default: a reader of an older release ignores what it does not know, and
one of a newer release fills in what an older publisher did not write. A changed meaning is a new topic.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import ValidationError

from grace_workers.foundation.document import Document, JsonValue, sentence
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import EventId

B = TypeVar("B", bound=Document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(Generic[B]):
    """A kind of event. `key` names the subject of the event; `about` says when one is published."""

    name: str
    body: type[B]
    key: Callable[[B], str]
    about: str

    @property
    def address(self) -> str:
        """The name as subscribers write it: `incident_moved` is `incident.moved`."""
        return self.name.replace("_", ".", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the log. Positions count from 1 without a gap; `at` is when its transaction published it.

    `logged_at` is when it became readable. The same id may be delivered again; it is then the same event.
    """

    position: int
    id: EventId
    topic: str
    key: str
    body: Mapping[str, JsonValue]
    at: datetime
    logged_at: datetime

    @classmethod
    def told(cls, raw: Mapping[str, Any]) -> "Event":
        """Return an event from the API's JSON."""
        moments = {name: datetime.fromisoformat(raw[name]) for name in ("at", "logged_at")}
        return cls(
            position=raw["position"],
            id=EventId(UUID(raw["id"])),
            topic=raw["topic"],
            key=raw["key"],
            body=raw["body"],
            **moments,
        )

    def read(self, topic: Topic[B]) -> B:
        """Return the body as `topic` defines it, without fields that only newer releases know.

        Raises:
            InputError: the event is of another topic, or its body does not fit.
        """
        if self.topic != topic.address:
            raise InputError(f"event {self.id} is of topic {self.topic!r}, not {topic.address!r}")
        try:
            return topic.body.model_validate(dict(self.body), extra="ignore")
        except ValidationError as error:
            raise InputError(f"event {self.id} of {self.topic}: {sentence(error)}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Events in order. Everything up to and including position `upto` has been examined; continue after it."""

    events: Sequence[Event]
    upto: int


class TrimmedError(ConflictError):
    """Events after the given position are no longer kept; reading may continue after `trimmed`."""

    def __init__(self, after: int, trimmed: int) -> None:
        super().__init__(
            f"events up to position {trimmed} have been deleted, and you asked for those after {after}; ask for "
            f"those after {trimmed}, and query the state that the missed ones were about"
        )
        self.after = after
        self.trimmed = trimmed
