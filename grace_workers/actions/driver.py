"""`Driver`: the technology of one kind of target: its connection, and the roles it plays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from grace_workers.actions.target import Target
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetKind

C = TypeVar("C", bound=Document)

Roles = Mapping[type, object]
"""What plays each role of one target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverContext:
    """What a driver may know besides the connection. Its own files go below `data_dir`."""

    target: Target
    data_dir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver(Generic[C]):
    """How targets of one kind are reached.

    Every target of the kind plays `roles`. `optional` names further roles, each with the option of the connection
    that enables it. `open` returns what plays them; it connects to nothing and writes nothing, and it imports the
    packages of the technology itself, so that a kind costs nothing if no target uses it. `extra` is the optional
    dependency of this distribution that installs those packages. `example` is a settings file that declares one
    target of the kind with every option that enables a role. The reference page shows it, with the docstring of
    `connection` and the description of each of its fields.
    """

    kind: TargetKind
    connection: type[C]
    roles: tuple[type, ...]
    open: Callable[[C, DriverContext], Roles]
    example: str
    optional: Mapping[type, str] = field(default_factory=dict)
    extra: str | None = None

    def __post_init__(self) -> None:
        """Check the declaration against its own rules."""
        for role, option in self.optional.items():
            if option not in self.connection.model_fields:
                raise ValueError(
                    f"driver {self.kind!r}: {role.__name__} names an option {option!r} that the "
                    f"connection does not have"
                )

    def roles_with(self, connection: Mapping[str, object]) -> frozenset[type]:
        """Return the roles of a target with this connection."""
        brought = (role for role, option in self.optional.items() if connection.get(option) not in (None, False))
        return frozenset((*self.roles, *brought))

    @property
    def name(self) -> str:
        """The kind, under the word that catalogs use."""
        return self.kind


AnyDriver = Driver[Any]
