"""The declared targets, and the kernels of every node."""

from collections.abc import Collection
from typing import TypeVar, cast

from sqlalchemy import Engine

from grace_workers.actions import Restartable, World
from grace_workers.adapters.postgres.fleet.kernel_service import KernelService
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.node.kernels.target import parse

R = TypeVar("R")


class FleetWorld:
    """The declared world, with the kernels of all nodes added."""

    def __init__(self, declared: World, kernels: Collection[str], engine: Engine) -> None:
        self._declared = declared
        self._kernels = kernels
        self._engine = engine

    def role(self, target: TargetName, role: type[R]) -> R:
        """Return the target's implementation of `role`."""
        named = parse(target, self._kernels)
        if named is None:
            return self._declared.role(target, role)
        if role is not Restartable:
            raise InputError(f"target {target!r} (kernel) does not support {role.__name__}; it supports Restartable")
        return cast("R", KernelService(self._engine, named.instance, named.kernel))
