"""What a node watches its kernels with, and carries out orders."""

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.kernels import PostgresKernels, PostgresOrders
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.process.machine import pressure
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import targets_of
from grace_workers.fleet import Probe
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.kernels.escalation import Escalation
from grace_workers.node.kernels.target import WithKernels, kernel_target
from grace_workers.node.ports import KernelPorts
from grace_workers.orchestration.work.intake import Intake
from grace_workers.settings import Addresses, Settings


def kernel_ports(settings: Settings, found: Addresses, probe: Probe) -> KernelPorts:
    """Return what this node watches its kernels with. Nothing connects before its first use."""
    engine = make_engine(found.database.get_secret_value(), application="grace-orders", pool_size=2)
    known = catalogs().kernels
    intake = Intake(
        ledger=PostgresLedger(engine),
        clock=SystemClock(),
        targets=WithKernels(targets_of(settings), known.names, kernel_target),
        window=settings.line.correlation_window,
    )
    return KernelPorts(
        instance=InstanceName(settings.instance),
        kernels={one.name: one for one in known},
        probe=probe,
        reports=PostgresKernels(engine),
        orders=PostgresOrders(engine),
        pressure=pressure,
        escalate=Escalation(intake, by=settings.instance),
        close=engine.dispose,
    )
