"""The event mesh."""

from datetime import timedelta

from pydantic import Field

from grace_workers.foundation.document import Document


class EventSettings(Document):
    """How long the event mesh keeps events, and how many at most; a subscriber that is further behind is told."""

    keep: timedelta = Field(default=timedelta(days=7), ge=timedelta(minutes=1))
    most: int = Field(default=1_000_000, ge=1_000)
