"""Whether a node may boot now: one that keeps failing waits, so that a crash loop costs nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_FAILURES = 3
WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class MayBoot:
    """The boot may begin."""


@dataclass(frozen=True, slots=True)
class MustWait:
    """Too many boots failed recently; `until` is when the next one may begin."""

    until: datetime
    failures: int


def may_boot(failed_at: Sequence[datetime], now: datetime) -> MayBoot | MustWait:
    """Decide whether a node whose boots failed at these times may boot at `now`.

    A boot that was killed counts as failed. Times after `now` do not count, because a clock was set back meanwhile.
    """
    recent = still_counting(failed_at, now)
    if len(recent) < MOST_FAILURES:
        return MayBoot()
    return MustWait(until=recent[-MOST_FAILURES] + WITHIN, failures=len(recent))


def still_counting(failed_at: Sequence[datetime], now: datetime) -> Sequence[datetime]:
    """Return those failures that still count against the node, oldest first."""
    return sorted(at for at in failed_at if timedelta(0) <= now - at < WITHIN)
