"""Which value of which lever to try next: what is due again, what the queue model says, then the neighbours. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from grace_workers.cycles.lever import Lever
from grace_workers.cycles.tuning.block import BlockFigures
from grace_workers.cycles.tuning.progress import AGAIN_AFTER, Tried
from grace_workers.cycles.tuning.queue import response_time, slots_for

FORGET_AFTER = timedelta(days=30)
STEP = 1.5
WORTH = 0.05
"""A gain of the model below this part is not worth an experiment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextValue:
    """A value to try instead of the present one, and why."""

    lever: Lever
    present: int
    value: int
    why: str


def next_candidate(
    levers: Iterable[Lever],
    present: Mapping[str, int],
    work: Mapping[str, tuple[BlockFigures, timedelta]],
    tried: Sequence[Tried],
    now: datetime,
) -> NextValue | None:
    """Return it; None if everything near the present values was tried in the last 30 days.

    `work` is what each pool did in how much time.
    """
    known = {one.name: one for one in levers if one.name in present}
    recent = [one for one in tried if now - one.at < FORGET_AFTER]
    return (
        _due_again(known, present, tried, now)
        or _modelled(known, present, work, recent)
        or _neighbour(known, present, recent)
    )


def _due_again(
    known: Mapping[str, Lever], present: Mapping[str, int], tried: Sequence[Tried], now: datetime
) -> NextValue | None:
    """Return the value that a promoted one replaced a week ago, if they were not compared since."""
    for one in tried:
        if not one.promoted or now - one.at < AGAIN_AFTER or present.get(one.lever) != one.other:
            continue
        if not any(later.at > one.at and later.lever == one.lever and later.other == one.present for later in tried):
            why = f"it replaced {one.present} on {one.at:%Y-%m-%d}; look whether it is still better"
            return NextValue(lever=known[one.lever], present=one.other, value=one.present, why=why)
    return None


def _modelled(
    known: Mapping[str, Lever],
    present: Mapping[str, int],
    work: Mapping[str, tuple[BlockFigures, timedelta]],
    recent: Sequence[Tried],
) -> NextValue | None:
    for lever in known.values():
        done, span = work.get(lever.pool or "", (BlockFigures(), timedelta(0)))
        if not done.tells or not span or not done.service:
            continue
        rate, now = done.jobs / span.total_seconds(), present[lever.name]
        wanted = max(lever.lowest, slots_for(rate, done.service, lever.highest))
        before, after = (response_time(rate, done.service, slots) for slots in (now, wanted))
        if after is None or wanted == now or _was_tried(lever, now, wanted, recent):
            continue
        if before is None or after < before * (1 - WORTH):
            short = "cannot do all that arrives" if before is None else f"let a job take {before:.3g} s"
            why = f"by the queue model {now} slots {short}, and {wanted} slots {after:.3g} s"
            return NextValue(lever=lever, present=now, value=wanted, why=why)
    return None


def _neighbour(known: Mapping[str, Lever], present: Mapping[str, int], recent: Sequence[Tried]) -> NextValue | None:
    """Return the next value of a lever whose newest one was promoted, else of the one that was tried longest ago.

    A direction that helped is tried first, and with each value in a row that was promoted in larger steps, because a
    lever may have been set wrong by a factor of fifty (the pattern moves of Hooke and Jeeves, 1961).
    """
    tried = {name: [one for one in recent if one.lever == name] for name in known}
    for lever in sorted(known.values(), key=lambda one: _turn(one, tried[one.name])):
        now, runs = present[lever.name], tried[lever.name]
        helped = runs[-1].other > runs[-1].present if runs else True
        values = lever.around(now, STEP ** (1 + _in_a_row(runs)))
        for value in sorted([*values, *lever.around(now, STEP)], key=lambda one: (one > now) is not helped):
            if not _was_tried(lever, now, value, recent):
                return NextValue(lever=lever, present=now, value=value, why="the next value in the search")
    return None


def _turn(lever: Lever, runs: Sequence[Tried]) -> tuple[bool, bool, float]:
    """Return what orders levers: those that just helped, those that were never tried, those tried longest ago.

    Slots come after all others, because the queue model has given them their value.
    """
    helped = bool(runs) and runs[-1].promoted
    return lever.pool is not None, not helped, runs[-1].at.timestamp() if runs else 0.0


def _in_a_row(runs: Sequence[Tried]) -> int:
    """Return how many of the newest were promoted, one after the other in the same direction."""
    ups = [one.other > one.present for one in takewhile(lambda one: one.promoted, reversed(runs))]
    return sum(1 for _ in takewhile(lambda up: up is ups[0], ups))


def _was_tried(lever: Lever, present: int, value: int, recent: Sequence[Tried]) -> bool:
    pairs = {(one.present, one.other) for one in recent if one.lever == lever.name}
    return (present, value) in pairs or (value, present) in pairs
