"""What plays a role: the fake in memory, and every driver of the catalog, by what its own test file makes.

A driver that plays a role has, in `tests/unit/drivers/test_<kind>.py`, a context manager named like the role's file
(`flag_store` for `FlagStore`). It gets a `Place` and yields what the suite of the role asks for. If it needs the
embedded servers, the file says `NEEDS_SERVERS = True`; if each of its cases takes long, `IS_SLOW = True`.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grace_workers.actions import AnyDriver, DriverContext, Ownership, Roles, Target
from grace_workers.foundation.ids import TargetName
from tests.targets import DRIVERS


@dataclass(frozen=True)
class Place:
    """Where a driver is tested: a separate folder, and a fresh database for tests that ask."""

    folder: Path
    database_url: Callable[[], str]

    def open(self, driver: AnyDriver, **connection: Any) -> Roles:
        """Return the roles of a target with that connection, as a node would have them."""
        target = Target(name=TargetName("target"), kind=driver.kind, owner=Ownership.INTERNAL, connection=connection)
        read = driver.connection.read(connection, "connection")
        return driver.open(read, DriverContext(target=target, data_dir=self.folder / "data"))


def implementations(role: type) -> list[Any]:
    """Return a case for the fake in memory, and one for each kind whose driver plays the role."""
    kinds = [one.kind for one in DRIVERS if role in one.roles or role in one.optional]
    return ["memory", *(pytest.param(kind, marks=_marks(kind)) for kind in kinds)]


@contextmanager
def stand(kind: str, role: type, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Yield what the test file of the driver makes for the suite of the role."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", role.__name__).lower()
    made: Callable[[Place], AbstractContextManager[Any]] | None = getattr(_own(kind), name, None)
    assert made is not None, f"write {name}(place) in tests/unit/drivers/test_{kind}.py"
    folder: Path = request.getfixturevalue("tmp_path")
    with made(Place(folder, lambda: request.getfixturevalue("empty_database_url"))) as found:
        yield found


def _own(kind: str) -> ModuleType:
    return importlib.import_module(f"tests.unit.drivers.test_{kind}")


def _marks(kind: str) -> list[pytest.MarkDecorator]:
    said = {"NEEDS_SERVERS": pytest.mark.servers, "IS_SLOW": pytest.mark.slow}
    return [mark for name, mark in said.items() if getattr(_own(kind), name, False)]


def machine_id() -> None:
    """Skip the test where the machine has no identity, as most containers have none."""
    if len(Path("/etc/machine-id").read_text().strip() if Path("/etc/machine-id").is_file() else "") != 32:
        pytest.skip("this machine has no /etc/machine-id, so it cannot prove which one it is")
