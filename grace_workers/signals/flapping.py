"""`FlapRule`: when a condition that comes and goes counts as flapping, and stays one incident."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.signals.incident import Incident

_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapRule:
    """The opening number `openings` within the span `within` is of a condition that flaps.

    Its incident stays open, whatever ends meanwhile, until nothing was heard for `quiet`.
    """

    openings: int = 5
    within: timedelta = timedelta(hours=1)
    quiet: timedelta = timedelta(minutes=30)

    def flaps(self, same: Sequence[Incident], now: datetime) -> bool:
        """Return whether one more incident, beside the `same` ones, is of a condition that flaps."""
        return self._recent(same, now) + 1 >= self.openings

    def note(self, same: Sequence[Incident], now: datetime) -> str:
        """Return in words what an opening now shows; empty when it shows nothing."""
        times = self._recent(same, now) + 1
        if times >= self.openings:
            return (
                f"opened {times} times within {span_words(self.within)}: it is flapping, so nothing is done about it "
                f"without a person, and it stays open until {span_words(self.quiet)} have passed without a signal"
            )
        return f"opened {times} times within {span_words(self.within)}" if times >= max(self.openings - 2, 2) else ""

    @property
    def resting(self) -> str:
        """In words, what happens to signals of a condition that flaps."""
        return f"it is flapping: signals are only counted until {span_words(self.quiet)} have passed without one"

    def is_over(self, incident: Incident, now: datetime, *, firing: bool) -> bool:
        """Return whether a flapping condition has come to rest."""
        return not firing and now >= self.looked_at(incident)

    def looked_at(self, incident: Incident) -> datetime:
        """Return when the condition will have come to rest, if nothing more is heard of it."""
        return incident.last_signal_at + self.quiet

    def _recent(self, same: Sequence[Incident], now: datetime) -> int:
        return sum(now - one.opened_at <= self.within for one in same)


def span_words(span: timedelta) -> str:
    """Return a span in hours, minutes or seconds, for a sentence."""
    seconds = span.total_seconds()
    if seconds >= _HOUR and seconds % _HOUR == 0:
        return f"{seconds / _HOUR:g} h"
    return f"{seconds / _MINUTE:g} min" if seconds >= _MINUTE else f"{seconds:g} s"
