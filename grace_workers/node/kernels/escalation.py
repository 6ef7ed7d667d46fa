"""The fleet's own signal: a kernel keeps failing, or no longer does."""

from datetime import datetime

from grace_workers.fleet import KernelReport
from grace_workers.node.kernels.target import KernelName
from grace_workers.orchestration.work.intake import Intake, accept
from grace_workers.signals import Severity, Signal, SignalStatus, sign

_NAME = "KernelKeepsFailing"


class Escalation:
    """Sends that signal through the same intake as every signal."""

    def __init__(self, intake: Intake, *, by: str) -> None:
        """`by` is the sending node."""
        self._intake = intake
        self._by = by

    def __call__(self, report: KernelReport) -> None:
        """Send it. Raises TransientError."""
        accept(self._intake, [_signal(report, self._intake.clock.now())], by=f"node:{self._by}")


def _signal(report: KernelReport, now: datetime) -> Signal:
    target = KernelName(report.instance, report.kernel).target
    status = SignalStatus.FIRING if report.failing else SignalStatus.RESOLVED
    return Signal(
        source="fleet",
        name=_NAME,
        target=target,
        severity=Severity.ERROR,
        status=status,
        summary=f"kernel {report.kernel} of node {report.instance} is {report.state}: {report.detail}",
        attributes={"restarts": report.restarts, "state": report.state.value},
        signature=sign(_NAME),
        delivery_key=f"fleet:{target}:{status}:{now.isoformat()}",
        observed_at=now,
    )
