"""Whether an adjustment in force has the effect that was predicted. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from grace_workers.cycles.improving.improvement import Improvement
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.learning import Ending, Episode

FEWEST, AT_MOST = 8, timedelta(days=30)
_CLEAR = {Ending.VERIFIED, Ending.INEFFECTIVE, Ending.FAILED}


class MeasuredEffect(StrEnum):
    """What the runs since show."""

    HELPED = "helped"
    DID_NOT_HELP = "did_not_help"
    UNKNOWN = "unknown"


def counts(episodes: Sequence[Episode], playbook: str, *, since: datetime | None = None) -> tuple[int, int]:
    """Return how many runs of a playbook helped, and how many there were that say so."""
    clear = [
        one.ending
        for one in episodes
        if one.playbook == playbook and one.ending in _CLEAR and (since is None or one.at >= since)
    ]
    return clear.count(Ending.VERIFIED), len(clear)


def success(helped: int, runs: int) -> float | None:
    """Return the share of runs that helped, None without a run."""
    return round(helped / runs, 3) if runs > 0 else None


def measured(one: Improvement, helped: int, now: datetime) -> MeasuredEffect:
    """Compare the runs since with those before and with what was predicted.

    It helped once the share is surely above that of before, and did not once it is surely below what was predicted.
    After 30 days the nearer of the two decides; without enough runs nothing shows that it helps.
    """
    failed = one.runs_since - helped
    if one.runs_since >= FEWEST and beta_lower_bound(failed, helped) > 1 - one.predicted:
        return MeasuredEffect.DID_NOT_HELP
    if one.runs_since >= FEWEST and beta_lower_bound(helped, failed) > one.before:
        return MeasuredEffect.HELPED
    if one.in_force_at is None or now - one.in_force_at < AT_MOST:
        return MeasuredEffect.UNKNOWN
    nearer = one.since is not None and one.since >= (one.before + one.predicted) / 2
    return MeasuredEffect.HELPED if one.runs_since >= FEWEST and nearer else MeasuredEffect.DID_NOT_HELP
