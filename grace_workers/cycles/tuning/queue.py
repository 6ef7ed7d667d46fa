"""A model of a pool as one queue with several servers (M/M/c), which gives the first value to try. Pure."""

from datetime import timedelta

ENOUGH = 1.02
"""A wait within this factor of the shortest possible time is short enough."""


def response_time(rate: float, service: timedelta, slots: int) -> float | None:
    """Return the mean seconds from due to done (Erlang C); None if more work arrives than the slots can do."""
    run = service.total_seconds()
    load = rate * run
    if slots <= load:
        return None
    blocked = 1.0
    for servers in range(1, slots + 1):
        blocked = load * blocked / (servers + load * blocked)
    waiting = blocked / (1 - load / slots * (1 - blocked))
    return run + waiting * run / (slots - load)


def slots_for(rate: float, service: timedelta, most: int) -> int:
    """Return the fewest slots with which jobs hardly wait, `most` if even those are not enough."""
    for slots in range(1, most):
        took = response_time(rate, service, slots)
        if took is not None and took <= ENOUGH * service.total_seconds():
            return slots
    return most
