"""The machine that a node runs on: its figures, and processes that may be ended."""

from typing import Annotated

from pydantic import Field

from grace_workers.actions import (
    Driver,
    DriverContext,
    EnvironmentProof,
    HostFigures,
    Name,
    ProcessTable,
    Roles,
    RunningProcesses,
)
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetKind

Names = Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]


class MayEnd(Document):
    """Which processes may be ended."""

    names: Names = Field(description="The names of the programs, as `ps -o comm` shows them. Others are never ended.")
    users: Names = Field(
        description="The users whose processes may be ended. A tree that contains any other user's process is spared."
    )


class HostConnection(Document):
    """The machine that the node runs on. Several nodes on several machines each observe their own."""

    may_end: MayEnd | None = Field(
        default=None, description="Which processes may be ended. Without it Grace ends no process of the machine."
    )


def open_host(said: HostConnection, context: DriverContext) -> Roles:
    """Return the figures and processes of the machine, and what ends processes if some may be ended."""
    from grace_workers.drivers._shared.machine import Machine
    from grace_workers.drivers._shared.running import LiveProcesses
    from grace_workers.drivers.host.figures import MachineReader
    from grace_workers.drivers.host.processes import MachineProcesses

    del context
    figures: HostFigures = MachineReader()
    proof: EnvironmentProof = Machine()
    running: RunningProcesses = LiveProcesses()
    roles: dict[type, object] = {HostFigures: figures, RunningProcesses: running, EnvironmentProof: proof}
    if said.may_end is not None:
        table: ProcessTable = MachineProcesses(said.may_end.names, said.may_end.users)
        roles[ProcessTable] = table
    return roles


EXAMPLE = """\
targets:
  - name: shop-machine
    kind: host
    owner: internal
    connection:
      may_end:
        names: [chrome, convert]
        users: [shop]
    labels: {disks: "/, /var"}
"""

DEFINITION = Driver(
    kind=TargetKind("host"),
    connection=HostConnection,
    roles=(HostFigures, RunningProcesses, EnvironmentProof),
    optional={ProcessTable: "may_end"},
    open=open_host,
    example=EXAMPLE,
)
