"""Which value of which lever to try next: what is due again, what models expect most of, then the neighbours. Pure."""

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
    """Return the value that the models expect most of, if that is worth an experiment.

    What did not help may do so once another lever, which hid its effect, has another value.
    """
    told = {name: one for name, one in work.items() if one[0].tells and one[1] and one[0].service}
    busiest = max((done for done, _ in told.values()), key=lambda one: one.jobs, default=None)
    found: list[tuple[float, NextValue]] = []
    for lever in known.values():
        if lever.pool in told:
            found += _slots(lever, present[lever.name], *told[lever.pool])
        elif lever.delay is not None and busiest is not None:
            found += _delay(lever, lever.delay, present[lever.name], busiest)
    open_ = [(gain, one) for gain, one in found if gain >= WORTH and not _was_tried(one, _since_others(one, recent))]
    return max(open_, key=lambda one: one[0])[1] if open_ else None


def _slots(lever: Lever, now: int, done: BlockFigures, span: timedelta) -> Sequence[tuple[float, NextValue]]:
    """Return how many slots a pool needs by the queue model, and the share of a job's time that they save."""
    rate = done.jobs / span.total_seconds()
    wanted = max(lever.lowest, slots_for(rate, done.service, lever.highest))
    before, after = (response_time(rate, done.service, slots) for slots in (now, wanted))
    if after is None or wanted == now:
        return []
    short = "cannot do all that arrives" if before is None else f"let a job take {before:.3g} s"
    why = f"by the queue model {now} slots {short}, and {wanted} slots {after:.3g} s"
    gain = 1.0 if before is None else (before - after) / max(before, done.seconds)
    return [(gain, NextValue(lever=lever, present=now, value=wanted, why=why))]


def _delay(lever: Lever, delay: float, now: int, done: BlockFigures) -> Sequence[tuple[float, NextValue]]:
    """Return the value with which jobs wait for little of the time that they run, and the share that it saves."""
    little = int(WORTH * done.service.total_seconds() / delay)
    wanted = min(max(little, lever.lowest), lever.highest)
    if wanted >= now:
        return []
    why = f"jobs that wait for it wait {delay * now:.3g} s on average, and {delay * wanted:.3g} s with {wanted}"
    gain = min(delay * (now - wanted) / done.seconds, 1.0)
    return [(gain, NextValue(lever=lever, present=now, value=wanted, why=why))]


def _since_others(one: NextValue, recent: Sequence[Tried]) -> Sequence[Tried]:
    """Return what was tried since another lever than this one's last changed for the better."""
    changed = [tried.at for tried in recent if tried.promoted and tried.lever != one.lever.name]
    return [tried for tried in recent if not changed or tried.at > max(changed)]


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
            following = NextValue(lever=lever, present=now, value=value, why="the next value in the search")
            if not _was_tried(following, recent):
                return following
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


def _was_tried(one: NextValue, recent: Sequence[Tried]) -> bool:
    pairs = {(tried.present, tried.other) for tried in recent if tried.lever == one.lever.name}
    return (one.present, one.value) in pairs or (one.value, one.present) in pairs
