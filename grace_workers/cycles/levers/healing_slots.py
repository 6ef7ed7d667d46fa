"""How many healing jobs the whole fleet runs at once."""

from grace_workers.cycles.lever import Lever

DEFINITION = Lever(
    name="healing_slots",
    summary="How many healing jobs the whole fleet runs at once.",
    unit="",
    lowest=1,
    highest=64,
    pool="healing",
)
