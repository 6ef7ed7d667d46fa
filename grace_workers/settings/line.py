"""The line: how long it waits, and the fair shares."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from grace_workers.foundation.document import Document

if TYPE_CHECKING:
    from grace_workers.orchestration.line.fairness import Shares
    from grace_workers.signals import FlapRule


class LineSettings(Document):
    """The line's own times."""

    correlation_window: timedelta = timedelta(minutes=15)
    stalled_after: timedelta = timedelta(seconds=20)
    busy_wait: timedelta = timedelta(milliseconds=500)
    patience: timedelta = timedelta(minutes=15)
    # A member of a condition that is silent for this long has ended. Alertmanager repeats every 4 h by default.
    silent_after: timedelta = Field(default=timedelta(hours=5), ge=timedelta(minutes=1))
    # A problem that was opened this often within a span of time comes and goes: it stays one incident, and only people
    # act on it. Five leave a cure four chances; fewer would end healing of what fails twice by chance. Monitoring looks
    # every 15 s to 5 min, so what was quiet for 30 min has passed several looks.
    flap_openings: int = Field(default=5, ge=2, le=1_000)
    flap_span: timedelta = Field(default=timedelta(hours=1), ge=timedelta(minutes=1), le=timedelta(days=1))
    flap_quiet: timedelta = Field(default=timedelta(minutes=30), ge=timedelta(minutes=1), le=timedelta(days=1))
    # Fair shares: incidents of one target in progress at once, and urgent ones that a sender may open in a span of
    # time.
    under_way: int = Field(default=4, ge=1, le=100)
    urgent_by_target: int = Field(default=5, ge=1)
    urgent_by_sender: int = Field(default=30, ge=1)
    urgent_span: timedelta = Field(default=timedelta(minutes=10), ge=timedelta(minutes=1), le=timedelta(days=1))

    @property
    def flaps(self) -> "FlapRule":
        """When a condition that comes and goes counts as flapping."""
        from grace_workers.signals import FlapRule

        return FlapRule(openings=self.flap_openings, within=self.flap_span, quiet=self.flap_quiet)

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
