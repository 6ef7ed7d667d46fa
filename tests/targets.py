"""The existing drivers, and worlds of targets for tests."""

import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

from grace_workers import drivers
from grace_workers.actions import AnyDriver, Driver, Target, World
from grace_workers.adapters.guard import BreakerRegistry
from grace_workers.adapters.world import build_world
from grace_workers.diagnosis import Subject
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.ids import TargetKind, TargetName

ROOT = Path(__file__).parent.parent
DRIVERS: Catalog[AnyDriver] = discover(drivers, Driver, label="driver", lazy=True)


def roles_of(kind: TargetKind) -> frozenset[str]:
    """Return the names of all roles that a target of the kind can play."""
    driver = DRIVERS[kind]
    return frozenset(role.__name__ for role in (*driver.roles, *driver.optional))


def subject_of(target: Target) -> Subject:
    """Return a target that plays all roles of its kind, as diagnosis sees it."""
    return Subject(
        name=target.name,
        kind=target.kind,
        roles=roles_of(target.kind),
        depends_on=target.depends_on,
        labels=target.labels,
    )


def is_installed(extra: str) -> bool:
    """Return whether the packages of an extra of pyproject.toml are there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    try:
        return all(version(Requirement(one).name) for one in project["optional-dependencies"][extra])
    except PackageNotFoundError:
        return False


def world_of(targets: Mapping[TargetName, Target], data_dir: Path, guards: BreakerRegistry | None = None) -> World:
    """Return the world of these targets, as a node would have it."""
    return build_world(targets, DRIVERS, data_dir, guards)
