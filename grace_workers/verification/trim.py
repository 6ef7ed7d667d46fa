"""Which observations still matter, so that a verification of many hours keeps few readings. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from grace_workers.playbooks import Expectation
from grace_workers.verification.judge import ExpectationFinding, ExpectationState, assess
from grace_workers.verification.verdict import Observation


def trimmed(
    expectations: Sequence[Expectation],
    observations: Sequence[Observation],
    baseline: Mapping[str, float],
    *,
    elapsed: timedelta,
) -> tuple[Observation, ...]:
    """Return the observations on which a verdict after `elapsed` can rest; at most four for an open expectation.

    Judged together with later ones, they give the same verdict as all observations.
    """
    kept: list[Observation] = []
    for item in expectations:
        own = sorted((one for one in observations if one.expectation == item.id), key=lambda one: one.elapsed)
        found = assess(item, own, baseline, elapsed=elapsed)
        # A settled expectation is not read again, so it has few observations already.
        needed = set(_needed(found, own)) if found.standing is ExpectationState.OPEN else set(own)
        kept += [one for one in own if one in needed]
    return tuple(kept)


def _needed(found: ExpectationFinding, own: Sequence[Observation]) -> Iterator[Observation]:
    """Yield the newest observation, the newest with a value and the newest without, and the one that began the hold."""
    read = [one for one in own if one.value is not None]
    yield from own[-1:]
    yield from read[-1:]
    yield from [one for one in own if one.error][-1:]
    yield from (one for one in read if one.elapsed == found.held_since)
