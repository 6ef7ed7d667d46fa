"""The sandbox for untrusted code: a program tries to break out of it, and the host checks whether it succeeded."""

from datetime import timedelta

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    if not probe.runs("coding"):
        return Absent("this node has no coding pool, so it runs no generated code")
    found = probe.sandbox()
    if found.level is not None:
        passed_over = f"; passed over: {'; '.join(found.troubles)}" if found.troubles else ""
        return Ready(f"{found.level} held a program that tried to break out{passed_over}")
    troubles = "; ".join(found.troubles)
    if found.offered:
        return Unready(f"no generated code is run, because no sandbox holds: {troubles}")
    return Absent(f"no generated code is run on this machine, because it offers no sandbox: {troubles}")


DEFINITION = Kernel(
    name="sandbox",
    tier=Tier.KNOWLEDGE,
    critical=False,
    host="coding",
    # What an operating system offers does not change by itself, and each look starts a program.
    every=timedelta(minutes=5),
    readiness=_readiness,
)
