"""Shedding load: when a node pauses what it can do without, and when it resumes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.fleet.kernel import Kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """The pressure on the machine: the share of its memory that is free, and its load for each core.

    `waiting` is the share of the last ten seconds in which some process waited for a processor, a disk or memory.
    """

    memory_free: float
    load_per_core: float
    waiting: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SheddingRule:
    """Load is shed after `after` beyond a limit, and resumed after `back_after` well within it."""

    memory_free: float = 0.04
    memory_back: float = 0.10
    load_per_core: float = 16.0
    load_back: float = 8.0
    after: timedelta = timedelta(seconds=10)
    back_after: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Shedding:
    """Whether load is shed now, and for how long the pressure has suggested otherwise; `why` names the pressure."""

    active: bool = False
    otherwise: timedelta = timedelta()
    why: str | None = None


def weigh(known: Shedding, seen: Pressure, elapsed: timedelta, rule: SheddingRule) -> Shedding:
    """Return the state after one more look, `elapsed` after the one before."""
    excess = _excess(seen, rule)
    if known.active:
        eased = seen.memory_free > rule.memory_back and seen.load_per_core < rule.load_back
        otherwise = known.otherwise + elapsed if eased else timedelta()
        return Shedding() if otherwise > rule.back_after else Shedding(active=True, otherwise=otherwise, why=known.why)
    if excess is None:
        return Shedding()
    otherwise = known.otherwise + elapsed
    return Shedding(active=True, why=excess) if otherwise > rule.after else Shedding(otherwise=otherwise)


def sheddable(kernels: Mapping[str, Kernel]) -> Sequence[str]:
    """Return the processes that may be paused to shed load."""
    return [one.process for one in kernels.values() if one.may_pause and not one.critical and one.process is not None]


def _excess(seen: Pressure, rule: SheddingRule) -> str | None:
    if seen.memory_free < rule.memory_free:
        return f"load: {seen.memory_free:.0%} of the memory is free"
    if seen.load_per_core > rule.load_per_core:
        return f"load: {seen.load_per_core:.0f} runnable processes per core"
    return None
