"""How many coding jobs the whole fleet runs at once."""

from grace_workers.cycles.lever import Lever

DEFINITION = Lever(
    name="coding_slots",
    summary="How many coding jobs the whole fleet runs at once.",
    unit="",
    lowest=1,
    highest=32,
    pool="coding",
)
