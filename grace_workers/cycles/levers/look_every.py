"""How often the leader looks for jobs, events and audit entries to pass on, while there are any."""

from grace_workers.cycles.lever import Lever

DEFINITION = Lever(
    name="look_every",
    summary="How often the leader looks for jobs, events and audit entries to pass on, while there are any.",
    unit="ms",
    lowest=10,
    highest=500,
    delay=0.0005,
)
