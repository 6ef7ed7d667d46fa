"""Programs that grace starts and stops itself."""

from grace_workers.actions import (
    Driver,
    DriverContext,
    ErrorLog,
    HttpProbe,
    LogLevels,
    Restartable,
    Roles,
    RunningProcesses,
)
from grace_workers.drivers.process.connection import EXAMPLE, ProcessConnection
from grace_workers.foundation.ids import TargetKind


def open_process(said: ProcessConnection, context: DriverContext) -> Roles:
    """Return the service, and what its options enable.

    Raises:
        InputError: a secret of its environment is missing, or its URL cannot be read.
    """
    from grace_workers.drivers.process.opening import roles_of

    del context
    return roles_of(said)


DEFINITION = Driver(
    kind=TargetKind("process"),
    connection=ProcessConnection,
    roles=(Restartable, RunningProcesses),
    optional={HttpProbe: "http", ErrorLog: "error_log", LogLevels: "log_control"},
    open=open_process,
    example=EXAMPLE,
)
