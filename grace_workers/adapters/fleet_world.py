"""The declared targets, the kernels of every node, and the fleet: its levers, adjusted playbooks, learned causes."""

from collections.abc import Collection, Mapping
from typing import TypeVar, cast

from sqlalchemy import Engine

from grace_workers.actions import FlagStore, Restartable, ServiceLimits, World
from grace_workers.adapters.postgres.fleet.cause_versions import CauseVersions
from grace_workers.adapters.postgres.fleet.fleet_limits import FleetLimits
from grace_workers.adapters.postgres.fleet.kernel_service import KernelService
from grace_workers.cycles import FLEET
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.node.kernels.target import parse

R = TypeVar("R")


class FleetWorld:
    """The declared world, with the fleet and the kernels of all nodes added."""

    def __init__(self, declared: World, kernels: Collection[str], engine: Engine, levers: Mapping[str, int]) -> None:
        """`levers` are the values of the settings."""
        self._declared = declared
        self._kernels = kernels
        self._engine = engine
        self._levers = levers

    def role(self, target: TargetName, role: type[R]) -> R:
        """Return the target's implementation of `role`."""
        if target == FLEET and role is ServiceLimits:
            return cast("R", FleetLimits(self._engine, self._levers))
        if target == FLEET and role is FlagStore:
            return cast("R", CauseVersions(self._engine))
        if target == FLEET:
            known = "FlagStore and ServiceLimits"
            raise InputError(f"target {target!r} does not support {role.__name__}; it supports {known}")
        named = parse(target, self._kernels)
        if named is None:
            return self._declared.role(target, role)
        if role is not Restartable:
            raise InputError(f"target {target!r} (kernel) does not support {role.__name__}; it supports Restartable")
        return cast("R", KernelService(self._engine, named.instance, named.kernel))
