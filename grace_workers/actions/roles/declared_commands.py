"""`DeclaredCommands`: commands that the target declares word by word, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredCommand:
    """A command that may be run: what it changes, which values its arguments may have, and if it can be undone."""

    name: str
    changes: str
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    can_undo: bool = False


class DeclaredCommands(Protocol):
    """The commands of one target. Each says how to look whether its effect is there.

    Every method raises NotFoundError for a command that is not declared, and InputError for an argument that is
    missing, unknown, or has a value that is not declared.
    """

    def commands(self) -> Sequence[DeclaredCommand]:
        """Return all of them, by name."""

    def command(self, name: str) -> DeclaredCommand:
        """Return one."""

    def holds(self, name: str, arguments: Mapping[str, str]) -> bool:
        """Look whether the command's effect is there, and change nothing."""

    def run(self, name: str, arguments: Mapping[str, str]) -> str:
        """Run it to its end and return the last line that it wrote.

        Raises:
            PermanentError: it failed, or wrote too much.
            TransientError: it did not end in time and was killed.
        """

    def undo(self, name: str, arguments: Mapping[str, str]) -> str:
        """Run what takes it back. Raises as `run`, and PermanentError when it declares nothing."""
