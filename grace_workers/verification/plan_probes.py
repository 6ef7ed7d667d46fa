"""When to look next, and at what. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.playbooks import Expectation
from grace_workers.verification.judge import Finding, Standing, assess
from grace_workers.verification.verdict import Observation

SHORTEST = timedelta(milliseconds=100)
LONGEST = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """The expectations that are still open, and when to read them next; None when none is open."""

    open: tuple[Expectation, ...]
    look_at: datetime | None


def plan_probes(
    expectations: Sequence[Expectation],
    observations: Sequence[Observation],
    baseline: Mapping[str, float],
    *,
    since: datetime,
    now: datetime,
) -> ProbePlan:
    """Return which expectations to read next and when, never before `now`.

    The first look is at once. The wait grows with the time waited, from 0.1 s to 2 s, and never passes a deadline or
    the end of a hold, so a quick effect is seen quickly and a slow one costs few probes.
    """
    findings = [assess(item, observations, baseline, since=since, now=now) for item in expectations]
    unsettled = [found for found in findings if found.standing is Standing.OPEN]
    if not unsettled:
        return ProbePlan(open=(), look_at=None)
    times = [_next_look(found, observations, since) for found in unsettled]
    return ProbePlan(open=tuple(found.expectation for found in unsettled), look_at=max(min(times), now))


def _next_look(found: Finding, observations: Sequence[Observation], since: datetime) -> datetime:
    looks = [item.at for item in observations if item.expectation == found.expectation.id and item.at >= since]
    if not looks:
        return since
    last = max(looks)
    usual = last + min(max((last - since) / 4, SHORTEST), LONGEST)
    turning = since + found.expectation.within
    if found.held_since is not None:
        turning = found.held_since + found.expectation.hold
    return min(usual, turning) if last < turning else usual
