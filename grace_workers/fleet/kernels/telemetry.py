"""Telemetry: records the state of the fleet in its cadence, and exports it.

The full contract reads all figures, whose cost to the database grows with the number of jobs; the recurring test asks
the API for one of them.
"""

from datetime import timedelta

from grace_workers.fleet.kernel import Absent, Kernel, Limited, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe
from grace_workers.fleet.rhythm import looked_in_time

_POOLS = {"healing", "coding", "orchestration"}
_CHEAP = "grace_audit_sealed_entries"
_WANTED = ("grace_jobs_processed", "grace_job_wait_seconds", _CHEAP)


def _readiness(probe: Probe) -> Readiness:
    steers, shows = probe.runs("beat"), probe.runs("api")
    if not steers and not shows:
        return Absent("this node runs neither beat nor API; other nodes may")
    missing = _POOLS - probe.records.figures().keys() if probe.thorough else set()
    if missing:
        return Unready(f"the figures lack the pools {', '.join(sorted(missing))}")
    found = looked_in_time(probe, "telemetry") if steers else Ready("the figures can be read")
    return _exported(probe, found) if shows and isinstance(found, Ready) else found


def _exported(probe: Probe, found: Ready) -> Readiness:
    text = probe.api.metrics() if probe.thorough else probe.api.metrics(only=_CHEAP)
    if text is None:
        return Limited(found.seen, "a token of this node to read /metrics; run `grace token create`")
    wanted = _WANTED if probe.thorough else (_CHEAP,)
    lacking = [name for name in wanted if f"\n{name}" not in f"\n{text}"]
    return Unready(f"the metrics lack {', '.join(lacking)}") if lacking else found


DEFINITION = Kernel(
    name="telemetry",
    tier=Tier.AUTONOMY,
    needs=("scheduler", "orchestration_pool", "fleet_keeper"),
    critical=False,
    host="beat",
    every=timedelta(seconds=5),
    readiness=_readiness,
)
