"""Opening the roles of a process from its connection."""

from zoneinfo import ZoneInfo

from grace_workers.actions import ErrorLog, HttpProbe, LogLevels, Restartable, Roles, RunningProcesses
from grace_workers.drivers._shared.control_file import ControlFile
from grace_workers.drivers._shared.error_log import LogFile
from grace_workers.drivers._shared.http_service import HttpService
from grace_workers.drivers._shared.running import LiveProcesses
from grace_workers.drivers.process.connection import ProcessConnection, ReadySettings
from grace_workers.drivers.process.service import ProcessService, Program, ReadyWhen
from grace_workers.foundation.secret import reveal


def roles_of(said: ProcessConnection) -> Roles:
    """Return the service, and what its options enable."""
    program = ProcessService(_program(said))
    service: Restartable = program
    running: RunningProcesses = LiveProcesses(program.pids)
    found: dict[type, object] = {Restartable: service, RunningProcesses: running}
    if said.http is not None:
        probe: HttpProbe = HttpService(said.http)
        found[HttpProbe] = probe
    if said.error_log is not None:
        log: ErrorLog = LogFile(said.error_log, zone=ZoneInfo(said.error_log_zone))
        found[ErrorLog] = log
    if said.log_control is not None:
        levels: LogLevels = ControlFile(said.log_control)
        found[LogLevels] = levels
    return found


def _program(said: ProcessConnection) -> Program:
    return Program(
        command=said.command,
        pid_file=said.pid_file,
        cwd=said.cwd,
        env={name: reveal(text, f"env {name}") for name, text in said.env.items()},
        log_file=said.log_file,
        ready=_ready(said.ready),
        start_timeout=said.start_timeout,
        user=said.user,
        group=said.group,
        umask=int(said.umask, 8),
    )


def _ready(said: ReadySettings | None) -> ReadyWhen | None:
    if said is None:
        return None
    if said.tcp is None:
        return ReadyWhen(http=said.http)
    host, _, port = said.tcp.rpartition(":")
    return ReadyWhen(tcp=(host, int(port)))
