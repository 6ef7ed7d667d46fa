"""A world for every primitive, in memory and real, in a state where the primitive has something to do."""

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from grace_workers.actions import (
    AnyPrimitive,
    Ownership,
    Primitive,
    Target,
    World,
    primitives,
)
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.testing import MemoryWorld
from tests.conformance.carry_on import elsewhere as carried_on
from tests.targets import world_of

TARGET = TargetName("target")
R = TypeVar("R")
CATALOG = discover(primitives, Primitive, label="primitive")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Case:
    """`look` sees everything that the primitive could change; `kept` sees the part that a restore must bring back."""

    primitive: AnyPrimitive
    world: Callable[[], World]
    params: Mapping[str, Any]
    look: Callable[[], object]
    kept: Callable[[], object]
    target: Target | None = None
    data_dir: Path = field(default_factory=Path)

    @property
    def role(self) -> Any:
        """The role, from a world built again as another worker would."""
        return self.world().role(TARGET, self.primitive.role)

    def elsewhere(self, function: str, snapshot: Mapping[str, Any], stop_after: int | None = None) -> Any:
        """Call one function of the primitive in another process; return its output, None when it was killed."""
        assert self.target is not None
        told = {
            "primitive": self.primitive.name,
            "kind": self.target.kind,
            "connection": self.target.connection,
            "data_dir": str(self.data_dir),
            "params": self.params,
            "snapshot": snapshot,
        }
        if stop_after is not None:
            told["stop_after"] = stop_after
        return carried_on(function, told)


@dataclass(frozen=True, kw_only=True)
class InMemory:
    """What `in_memory()` of a primitive's test file returns: a role with something to do. See `Case`.

    Without `kept`, a restore must bring back all that `look` sees.
    """

    role: Any
    params: Mapping[str, Any]
    look: Callable[[], object]
    kept: Callable[[], object] | None = None


@dataclass(frozen=True, kw_only=True)
class Real:
    """What `real(folder)` of a primitive's test file returns: a real target with something to do. See `Case`.

    If a server must be stopped afterwards, `real` is a context manager that yields this; if it needs a database, it
    is `real(folder, database_url)`, and `database_url()` is the address of an empty one. If several drivers play
    the role, `real_<kind>` beside it makes the case of each further one. `kept` is as in `InMemory`.
    """

    kind: TargetKind
    connection: dict[str, Any]
    params: Mapping[str, Any]
    look: Callable[[], object]
    kept: Callable[[], object] | None = None


def memory_case(name: str) -> Case:
    """Return the case that the primitive's own test file makes in memory."""
    made: InMemory = _own(name).in_memory()
    primitive = CATALOG[name]
    world = MemoryWorld(roles={(TARGET, primitive.role): made.role})
    return Case(
        primitive=primitive, world=lambda: world, params=made.params, look=made.look, kept=made.kept or made.look
    )


def real_cases(name: str) -> Sequence[str]:
    """Return which real cases the primitive's own test file makes: `real`, and `real_<kind>` for each further kind."""
    return sorted(one for one in vars(_own(name)) if one == "real" or one.startswith("real_"))


@contextmanager
def real_case(name: str, which: str, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    """Yield one of the primitive's real cases."""
    made: Real | AbstractContextManager[Real] = _made(getattr(_own(name), which), folder, database_url)
    with made if isinstance(made, AbstractContextManager) else nullcontext(made) as told:
        declared = Target(name=TARGET, kind=told.kind, owner=Ownership.INTERNAL, connection=told.connection)
        yield Case(
            primitive=CATALOG[name],
            world=lambda: world_of({TARGET: declared}, folder / "data"),
            params=told.params,
            look=told.look,
            kept=told.kept or told.look,
            target=declared,
            data_dir=folder / "data",
        )


def role_of(kind: TargetKind, connection: dict[str, Any], role: type[R], folder: Path) -> R:
    """Return a role of a target with that connection, for a case that inspects through it."""
    declared = Target(name=TARGET, kind=kind, owner=Ownership.INTERNAL, connection=connection)
    return world_of({TARGET: declared}, folder / "data").role(TARGET, role)


def shape(root: Path) -> dict[str, object]:
    """Return every file below `root` with its content, mode and time."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _own(name: str) -> ModuleType:
    return importlib.import_module(f"tests.unit.actions.test_{name}")


def _made(real: Callable[..., Any], folder: Path, database_url: Callable[[], str]) -> Any:
    return real(folder, database_url) if "database_url" in inspect.signature(real).parameters else real(folder)
