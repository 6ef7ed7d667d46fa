"""How long to wait before trying again."""

import random
from datetime import timedelta


def backoff(attempt: int, *, base: timedelta, cap: timedelta) -> timedelta:
    """Return the wait before the next attempt, without jitter.

    `attempt` counts from 1. The wait doubles each time and never passes `cap`.

    Raises:
        ValueError: `attempt` is below 1.
    """
    if attempt < 1:
        raise ValueError(f"attempt {attempt} is below 1")
    doublings = min(attempt - 1, 32)
    return min(base * (1 << doublings), cap)


def jittered(wait: timedelta, chance: random.Random | None = None) -> timedelta:
    """Return a wait drawn evenly from the upper half of `wait`, so that many do not retry at the same time.

    Without `chance`, Python's own generator draws, because only that one is reseeded in a forked process.
    """
    drawn = chance.random() if chance else random.random()  # noqa: S311 - spreads retries, guards nothing
    return timedelta(seconds=wait.total_seconds() * (0.5 + drawn / 2))
