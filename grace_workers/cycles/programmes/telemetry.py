"""Every 60 s: readiness, playbooks and control plane into the metrics (L6)."""

from datetime import timedelta

from grace_workers.cycles.cycle import Cycle

DEFINITION = Cycle(
    name="telemetry",
    summary="Reads readiness, playbooks and control plane into the metrics",
    cadence=timedelta(seconds=60),
    pool="orchestration",
    job="cycle.telemetry",
)
