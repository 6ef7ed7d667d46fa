"""`Diagnostic`: one thing to look at when a target is diagnosed, and the facts that it returns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from grace_workers.actions import Target
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.line.parts import Line

R = TypeVar("R")

MOST = 10
"""How many of one kind of thing a diagnostic shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticFact:
    """One fact: `name` of what it is `about`, if that is not the target itself, is `value` in `unit`.

    `notable` marks what a person should look at first, and `note` says why, or what else belongs to it.
    """

    name: str
    value: JsonValue
    unit: str = ""
    about: str = ""
    note: str = ""
    notable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticScene:
    """What a diagnostic may read: the target, its roles, what the fleet has stored, and the time."""

    line: Line
    target: Target
    now: datetime

    def role(self, role: type[R]) -> R:
        """Return the target's implementation of a role. Raises as `World.role`."""
        return self.line.world.role(self.target.name, role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One thing to look at. It is taken of every target that plays `role`; None: of every target.

    `look` has a few seconds; what takes longer is reported as unfinished. It raises a GraceError when it cannot
    look, which is reported as well.
    """

    name: str
    summary: str
    look: Callable[[DiagnosticScene], Sequence[DiagnosticFact]]
    role: type | None = None

    def suits(self, target: Target) -> bool:
        """Return whether it is taken of the target."""
        return self.role is None or self.role.__name__ in (target.roles or ())
