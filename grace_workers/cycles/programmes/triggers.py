"""Every 30 s: reads what the triggers look at, and raises signals (S4)."""

from datetime import timedelta

from grace_workers.cycles.cycle import Cycle

DEFINITION = Cycle(
    name="triggers",
    summary="Reads every target that a trigger looks at and raises the signals",
    cadence=timedelta(seconds=30),
    pool="orchestration",
    job="cycle.triggers",
)
