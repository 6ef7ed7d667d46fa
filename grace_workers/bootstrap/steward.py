"""What the steward of a node works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels, PostgresOrders
from grace_workers.adapters.postgres.transaction import PostgresLedger
from grace_workers.bootstrap.addresses import Addresses
from grace_workers.bootstrap.kernel_targets import KernelName, WithKernels, kernel_target
from grace_workers.bootstrap.runtime import catalogs, targets_of
from grace_workers.fleet import Kernel, KernelReport, Pressure, Probe
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.work.intake import Intake, accept
from grace_workers.settings import Settings
from grace_workers.signals import Severity, Signal, SignalStatus, sign

_NAME = "KernelKeepsFailing"
_PRESSURE = Path("/proc/pressure")


@dataclass(frozen=True, slots=True, kw_only=True)
class StewardParts:
    """Implements `entrypoints.node.steward_ports.StewardParts`."""

    instance: InstanceName
    kernels: Mapping[str, Kernel]
    probe: Probe
    reports: PostgresKernels
    orders: PostgresOrders
    engine: Engine
    intake: Intake

    def pressure(self) -> Pressure:
        """Return how hard this machine is pressed."""
        memory = psutil.virtual_memory()
        load = psutil.getloadavg()[0] / (psutil.cpu_count() or 1)
        return Pressure(
            memory_free=memory.available / memory.total,
            load_per_core=load,
            waiting=max(_stalled(one) for one in ("cpu", "io", "memory")),
        )

    def escalate(self, report: KernelReport) -> None:
        """Send the fleet's own signal through the intake that every signal passes. Raises TransientError."""
        accept(self.intake, [_signal(report, self.intake.clock.now())], by=f"node:{self.instance}")

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()


def steward_parts(settings: Settings, found: Addresses, probe: Probe) -> StewardParts:
    """Return the parts of this node's steward. Nothing connects before its first use."""
    engine = make_engine(found.database.get_secret_value(), application="grace-steward", pool_size=4)
    known = catalogs().kernels
    clock = SystemClock()
    return StewardParts(
        instance=InstanceName(settings.instance),
        kernels={one.name: one for one in known},
        probe=probe,
        reports=PostgresKernels(engine),
        orders=PostgresOrders(engine),
        engine=engine,
        intake=Intake(
            ledger=PostgresLedger(engine),
            clock=clock,
            targets=WithKernels(targets_of(settings), known.names, kernel_target),
            window=settings.line.correlation_window,
        ),
    )


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


def _stalled(resource: str) -> float:
    """Return the share of the last ten seconds in which some process waited for it; 0 where no one tells."""
    try:
        some = (_PRESSURE / resource).read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return 0.0
    return float(some.split()[1].partition("=")[2]) / 100
