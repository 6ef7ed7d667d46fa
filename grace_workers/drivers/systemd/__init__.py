"""systemd units: services, their limits, and the instances of a template."""

import os
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from grace_workers.actions import (
    Driver,
    DriverContext,
    EnvironmentProof,
    Reloadable,
    Restartable,
    Roles,
    RunningProcesses,
    ServiceLimits,
    ServiceParts,
)
from grace_workers.drivers._shared.bounds import LimitBounds
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import FilePath, OneLine, Timeout
from grace_workers.foundation.ids import TargetKind

UnitName = Annotated[str, StringConstraints(max_length=255, pattern=r"^[A-Za-z0-9:_][A-Za-z0-9:_.\\@-]*\.service$")]
Template = Annotated[str, StringConstraints(max_length=255, pattern=r"^[A-Za-z0-9:_][A-Za-z0-9:_.\\-]*@$")]


class SystemdConnection(Document):
    """A systemd service unit on the node's machine, controlled with `systemctl`.

    Grace's user must be allowed to start, stop and reload the unit, either by a polkit rule or as root. Units in a
    container or on another machine cannot be reached.
    """

    unit: UnitName = Field(description="The unit, such as `shop.service`.")
    manager: Literal["system", "user"] = Field(
        default="system", description="Whose unit it is: the machine's, or that of Grace's own user."
    )
    runtime_dir: FilePath | None = Field(
        default=None, description="With `manager: user`, the user's `XDG_RUNTIME_DIR`. Default: `/run/user/<uid>`."
    )
    patience: Timeout = Field(default=timedelta(seconds=90), description="How long a start, stop or reload may take.")
    config_test: Annotated[tuple[OneLine, ...], Field(min_length=1, max_length=50)] | None = Field(
        default=None,
        description="The command that tests the configuration before a reload, and before a restart while the unit "
        "runs, such as `[/usr/sbin/nginx, -t]`. It is run by Grace's user; only exit code 0 lets it go on. Default: "
        "the test of a program that Grace knows (Apache, dnsmasq, HAProxy, lighttpd, nginx, PHP-FPM, sshd), where that "
        "user is root or owns the unit.",
    )
    limits: Annotated[dict[Literal["MemoryMax", "MemoryHigh", "TasksMax"], LimitBounds], Field(min_length=1)] | None = (
        Field(default=None, description="The limits that may be set, each with its bounds, until the machine restarts.")
    )
    instances_of: Template | None = Field(
        default=None, description="A template, such as `shop-worker@`, whose running instances are the unit's parts."
    )


def open_systemd(said: SystemdConnection, context: DriverContext) -> Roles:
    """Return the unit, its limits if any may be set, and the instances if a template names them."""
    from grace_workers.drivers._shared.machine import Machine
    from grace_workers.drivers._shared.running import LiveProcesses
    from grace_workers.drivers._shared.systemctl import Systemctl
    from grace_workers.drivers.systemd.instances import UnitInstances
    from grace_workers.drivers.systemd.properties import UnitLimits
    from grace_workers.drivers.systemd.reload import ConfigurationTest, UnitReload
    from grace_workers.drivers.systemd.unit import Unit

    del context
    manager = Systemctl(user=said.manager == "user", runtime_dir=said.runtime_dir, patience=said.patience)
    tested = ConfigurationTest(manager, said.unit, said.config_test, known=said.manager == "user" or os.geteuid() == 0)
    unit = Unit(manager, said.unit, tested)
    service: Restartable = unit
    reloading: Reloadable = UnitReload(manager, said.unit, unit, tested)
    proof: EnvironmentProof = Machine()
    running: RunningProcesses = LiveProcesses(unit.pids)
    roles: dict[type, object] = {
        Restartable: service,
        Reloadable: reloading,
        RunningProcesses: running,
        EnvironmentProof: proof,
    }
    if said.limits is not None:
        limits: ServiceLimits = UnitLimits(manager, said.unit, said.limits)
        roles[ServiceLimits] = limits
    if said.instances_of is not None:
        parts: ServiceParts = UnitInstances(manager, said.instances_of)
        roles[ServiceParts] = parts
    return roles


EXAMPLE = """\
targets:
  - name: shop
    kind: systemd
    owner: internal
    connection:
      unit: shop.service
      config_test: [/opt/shop/bin/shop, --check-configuration]
      instances_of: shop-worker@
      limits:
        MemoryMax: {lowest: 268_435_456, highest: 2_147_483_648}
"""

DEFINITION = Driver(
    kind=TargetKind("systemd"),
    connection=SystemdConnection,
    roles=(Restartable, Reloadable, RunningProcesses, EnvironmentProof),
    optional={ServiceLimits: "limits", ServiceParts: "instances_of"},
    open=open_systemd,
    example=EXAMPLE,
)
