"""Whether a change in force has the effect that was predicted. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp, lgamma, log

from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.foundation.statistics import beta_lower_bound

FEWEST, AT_MOST, RATE_AT_MOST = 8, timedelta(days=30), timedelta(days=14)
SURE = 0.05
_DAY = timedelta(days=1)


class MeasuredEffect(StrEnum):
    """What was seen since shows."""

    HELPED = "helped"
    DID_NOT_HELP = "did_not_help"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredChange:
    """The figure since, from how many cases, what it shows, and that in words."""

    since: float | None
    seen: int
    effect: MeasuredEffect
    told: str


def share(helped: int, seen: int) -> float | None:
    """Return the share of cases that went well, None without a case."""
    return round(helped / seen, 3) if seen > 0 else None


def measured_share(
    one: Improvement, helped: int, seen: int, now: datetime, *, what: str, fewest_at_last: int = FEWEST
) -> MeasuredChange:
    """Compare the share of cases that go well since with those before and with what was predicted.

    It helped once the share is surely above that of before and nearer to what was predicted, and did not once it is
    surely below what was predicted. After 30 days the nearer of the two decides; without the fewest cases at last
    nothing shows that it helps. `what` ends the words "of 8".
    """
    told = f"{helped} of {seen} {what} since, {one.before:.0%} did before, and {one.predicted:.0%} was predicted"
    return MeasuredChange(
        since=share(helped, seen), seen=seen, effect=_effect(one, helped, seen, now, fewest_at_last), told=told
    )


def measured_rate(one: Improvement, count: int, known: datetime, now: datetime, *, what: str) -> MeasuredChange:
    """Compare how often something bad happens a day since with before and with what was predicted.

    `count` is how often it happened since `known`, which may be later than the change if not all of it is known. It
    helped once that is surely less often than before, and did not once it is surely more often than predicted; both
    take a day at least. Two weeks after the change the nearer of the two decides. `what` ends the words "8".
    """
    span, in_force = now - known, now - (one.in_force_at or now)
    days = max(span / _DAY, 1e-9)
    told = f"{count} {what} in {days:.1f} days since, {one.before:g} a day did before, and {one.predicted:g} a day "
    nearer, effect = count / days <= (one.before + one.predicted) / 2, MeasuredEffect.UNKNOWN
    less, more = _at_most(count, one.before * days), 1 - _at_most(count - 1, one.predicted * days)
    if in_force >= RATE_AT_MOST or (span >= _DAY and (less if nearer else more) < SURE):
        effect = MeasuredEffect.HELPED if nearer else MeasuredEffect.DID_NOT_HELP
    return MeasuredChange(since=round(count / days, 2), seen=count, effect=effect, told=f"{told}were predicted")


def _at_most(count: int, expected: float) -> float:
    """Return how likely at most so many events are, if that many are expected (Poisson)."""
    if expected <= 0:
        return float(count >= 0)
    # By logarithms, because of a thousand events the likelihood of none is no number any more.
    return sum(exp(number * log(expected) - expected - lgamma(number + 1)) for number in range(count + 1))


def _effect(one: Improvement, helped: int, seen: int, now: datetime, at_last: int) -> MeasuredEffect:
    failed = seen - helped
    if seen >= FEWEST and beta_lower_bound(failed, helped) > 1 - one.predicted:
        return MeasuredEffect.DID_NOT_HELP
    nearer = seen > 0 and helped / seen >= (one.before + one.predicted) / 2
    if seen >= FEWEST and nearer and beta_lower_bound(helped, failed) > one.before:
        return MeasuredEffect.HELPED
    if one.in_force_at is None or now - one.in_force_at < AT_MOST:
        return MeasuredEffect.UNKNOWN
    return MeasuredEffect.HELPED if seen >= at_last and nearer else MeasuredEffect.DID_NOT_HELP
