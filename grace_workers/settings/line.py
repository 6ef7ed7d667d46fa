"""The line: how long it waits, and the fair shares."""

from datetime import timedelta

from pydantic import Field

from grace_workers.foundation.document import Document


class LineSettings(Document):
    """The line's own times."""

    correlation_window: timedelta = timedelta(minutes=15)
    stalled_after: timedelta = timedelta(seconds=20)
    busy_wait: timedelta = timedelta(milliseconds=500)
    patience: timedelta = timedelta(minutes=15)
    # A member of a condition that is silent for this long has ended. Alertmanager repeats every 4 h by default.
    silent_after: timedelta = Field(default=timedelta(hours=5), ge=timedelta(minutes=1))
    # Fair shares: incidents of one target in progress at once, and urgent ones that a sender may open in a span of
    # time.
    under_way: int = Field(default=4, ge=1, le=100)
    urgent_by_target: int = Field(default=5, ge=1)
    urgent_by_sender: int = Field(default=30, ge=1)
    urgent_span: timedelta = Field(default=timedelta(minutes=10), ge=timedelta(minutes=1), le=timedelta(days=1))
