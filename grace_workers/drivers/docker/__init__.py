"""A container of a Docker engine."""

from typing import Annotated, Literal

from pydantic import Field

from grace_workers.actions import (
    Driver,
    DriverContext,
    EnvironmentProof,
    ErrorLog,
    Reloadable,
    Restartable,
    Roles,
    RunningProcesses,
    ServiceLimits,
)
from grace_workers.drivers._shared.bounds import LimitBounds
from grace_workers.drivers._shared.docker_engine import ContainerName, EngineConnection
from grace_workers.foundation.ids import TargetKind

ReloadSignal = Literal["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"]
LimitName = Literal["memory", "pids", "millicpus"]


class DockerConnection(EngineConnection):
    """One container of a Docker engine, or of another engine that speaks its API.

    Access to an engine equals root on its machine, so give Grace the socket only where you accept that.
    """

    container: ContainerName = Field(description="The container's name. Grace never makes or removes one.")
    reload_signal: ReloadSignal | None = Field(
        default=None, description="The signal that lets the first process read its configuration again."
    )
    limits: Annotated[dict[LimitName, LimitBounds], Field(min_length=1)] | None = Field(
        default=None,
        description="The limits that may be set, each with its bounds: `memory` in bytes, `pids`, and `millicpus` in "
        "thousandths of a processor.",
    )


def open_docker(said: DockerConnection, context: DriverContext) -> Roles:
    """Return the container, its processes and its log; its limits and its reload if they are declared."""
    from grace_workers.drivers._shared.docker_engine import EngineApi
    from grace_workers.drivers.docker.container import Container
    from grace_workers.drivers.docker.limits import ContainerLimits
    from grace_workers.drivers.docker.log import ContainerLog
    from grace_workers.drivers.docker.processes import ContainerProcesses
    from grace_workers.drivers.docker.reload import ReloadBySignal

    del context
    engine = EngineApi(said)
    container = Container(engine, said.container)
    service: Restartable = container
    running: RunningProcesses = ContainerProcesses(container)
    log: ErrorLog = ContainerLog(container)
    proof: EnvironmentProof = engine
    roles: dict[type, object] = {
        Restartable: service,
        RunningProcesses: running,
        ErrorLog: log,
        EnvironmentProof: proof,
    }
    if said.reload_signal is not None:
        reloading: Reloadable = ReloadBySignal(container, said.reload_signal)
        roles[Reloadable] = reloading
    if said.limits is not None:
        limits: ServiceLimits = ContainerLimits(container, said.limits)
        roles[ServiceLimits] = limits
    return roles


EXAMPLE = """\
targets:
  - name: shop-web
    kind: docker
    owner: internal
    connection:
      container: shop-web
      reload_signal: SIGHUP
      limits:
        memory: {lowest: 268_435_456, highest: 2_147_483_648}
"""

DEFINITION = Driver(
    kind=TargetKind("docker"),
    connection=DockerConnection,
    roles=(Restartable, RunningProcesses, ErrorLog, EnvironmentProof),
    optional={Reloadable: "reload_signal", ServiceLimits: "limits"},
    open=open_docker,
    example=EXAMPLE,
    extra="docker",
)
