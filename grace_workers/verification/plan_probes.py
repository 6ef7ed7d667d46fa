"""What to read next, and when. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from grace_workers.playbooks import Expectation
from grace_workers.verification.judge import ExpectationFinding, ExpectationState, assess
from grace_workers.verification.verdict import Observation

SHORTEST = 0.1
LONGEST = 2.0
FEWEST_LOOKS = 20
RAREST = 60.0


def open_expectations(
    expectations: Sequence[Expectation], observations: Sequence[Observation], baseline: Mapping[str, float]
) -> tuple[Expectation, ...]:
    """Return the expectations that a further reading can still decide, as far as the observations tell."""
    elapsed = timedelta(seconds=max((item.elapsed for item in observations), default=0.0))
    return tuple(found.expectation for found in _open(expectations, observations, baseline, elapsed))


def next_look(
    expectations: Sequence[Expectation],
    observations: Sequence[Observation],
    baseline: Mapping[str, float],
    *,
    elapsed: timedelta,
) -> timedelta | None:
    """Return how long to wait before the next reading, or None when no expectation is open any more.

    The first look is at once. The wait grows with the time waited, from 0.1 s to 2 s, or to a twentieth of what the
    expectation may take (`within` and `hold`), at most a minute. It never passes a deadline or the end of a hold,
    so a quick effect is noticed quickly and a slow one costs few probes.
    """
    moments = [_moment(found, observations) for found in _open(expectations, observations, baseline, elapsed)]
    return max(timedelta(seconds=min(moments)) - elapsed, timedelta(0)) if moments else None


def _open(
    expectations: Sequence[Expectation],
    observations: Sequence[Observation],
    baseline: Mapping[str, float],
    elapsed: timedelta,
) -> list[ExpectationFinding]:
    findings = [assess(item, observations, baseline, elapsed=elapsed) for item in expectations]
    return [found for found in findings if found.standing is ExpectationState.OPEN]


def _moment(found: ExpectationFinding, observations: Sequence[Observation]) -> float:
    looks = [item.elapsed for item in observations if item.expectation == found.expectation.id]
    if not looks:
        return 0.0
    last, deadline = max(looks), found.expectation.within.total_seconds()
    span = deadline + found.expectation.hold.total_seconds()
    usual = last + min(max(last / 4, SHORTEST), max(LONGEST, min(span / FEWEST_LOOKS, RAREST)))
    # The last look comes a little before the deadline, because a reading after it is too late.
    turning = [deadline - SHORTEST / 2, deadline]
    if found.held_since is not None:
        turning = [found.held_since + found.expectation.hold.total_seconds()]
    return min([usual, *(moment for moment in turning if moment > last)])
