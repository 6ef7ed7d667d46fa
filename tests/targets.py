"""The drivers that there are, and worlds of targets for tests."""

from collections.abc import Mapping
from pathlib import Path

from grace_workers import drivers
from grace_workers.actions import AnyDriver, Driver, Target, World
from grace_workers.adapters.guard import Guards
from grace_workers.adapters.world import build_world
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.ids import TargetName

DRIVERS: Catalog[AnyDriver] = discover(drivers, Driver, label="driver", lazy=True)


def world_of(targets: Mapping[TargetName, Target], data_dir: Path, guards: Guards | None = None) -> World:
    """Return the world of these targets, as a node would have it."""
    return build_world(targets, DRIVERS, data_dir, guards)
