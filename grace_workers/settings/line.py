"""The line: how long it waits, and the fair shares."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from grace_workers.foundation.document import Document

if TYPE_CHECKING:
    from grace_workers.orchestration.line.fairness import Shares


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

    @property
    def shares(self) -> "Shares":
        """What one sender and one target may ask for at once."""
        # Most of what reads settings has no use for the line.
        from grace_workers.orchestration.line.fairness import Shares

        return Shares(
            under_way=self.under_way,
            urgent_by_target=self.urgent_by_target,
            urgent_by_sender=self.urgent_by_sender,
            span=self.urgent_span,
            hold=self.patience,
        )
