"""How long a job waits before its second attempt; each further wait doubles."""

from grace_workers.cycles.lever import Lever

DEFINITION = Lever(
    name="first_retry",
    summary="How long a job waits before its second attempt; each further wait doubles.",
    unit="ms",
    lowest=100,
    highest=10000,
)
