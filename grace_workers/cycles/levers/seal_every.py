"""How often audit entries are sealed, while there are any."""

from grace_workers.cycles.lever import Lever

DEFINITION = Lever(
    name="seal_every",
    summary="How often audit entries are sealed, while there are any.",
    unit="ms",
    lowest=10,
    highest=1000,
)
