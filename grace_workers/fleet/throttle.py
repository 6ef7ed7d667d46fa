"""Fewer slots for a node that is short of memory: a slow fleet is better than one that the OOM killer thins out."""

from collections.abc import Mapping
from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
NODE_BYTES = 640 * MEBIBYTE
"""What a node's processes take before any slot works, embedded servers included."""
LEAST_BYTES = 320 * MEBIBYTE
"""With less than this to spare a node does not start, because its processes would not even load."""
SLOT_BYTES = {"healing": 16 * MEBIBYTE, "orchestration": 16 * MEBIBYTE, "coding": 96 * MEBIBYTE}


@dataclass(frozen=True, slots=True)
class Throttled:
    """The slots to start with; `why` is a sentence when they are fewer than wanted."""

    slots: Mapping[str, int]
    why: str | None = None


def throttle(wanted: Mapping[str, int], available: int) -> Throttled:
    """Return how many slots each pool gets when `available` bytes of memory are free; every pool keeps one.

    All pools give up the same share of what they have beyond their one slot.
    """
    need = sum(_cost(pool) * slots for pool, slots in wanted.items())
    least = sum(_cost(pool) for pool in wanted)
    room = available - NODE_BYTES
    if room >= need:
        return Throttled(dict(wanted))
    share = max(0.0, (room - least) / (need - least)) if need > least else 0.0
    slots = {pool: 1 + int((count - 1) * share) for pool, count in wanted.items()}
    if slots == dict(wanted):
        return Throttled(slots)
    fewer = ", ".join(f"{pool} {wanted[pool]} → {slots[pool]}" for pool in wanted if slots[pool] != wanted[pool])
    return Throttled(slots, f"{available // MEBIBYTE} MiB of memory are free, so pools get fewer slots: {fewer}")


def _cost(pool: str) -> int:
    return SLOT_BYTES.get(pool, max(SLOT_BYTES.values()))
