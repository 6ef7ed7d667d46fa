"""How many jobs a relay tells the broker of at once."""

from grace_workers.cycles.lever import Lever

DEFINITION = Lever(
    name="relay_batch",
    summary="How many jobs a relay tells the broker of at once.",
    unit="",
    lowest=50,
    highest=5000,
)
