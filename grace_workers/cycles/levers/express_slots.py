"""How many more jobs of each agent may run at once if they are urgent."""

from grace_workers.cycles.lever import Lever

DEFINITION = Lever(
    name="express_slots",
    summary="How many more jobs of each agent may run at once if they are urgent.",
    unit="",
    lowest=0,
    highest=8,
)
