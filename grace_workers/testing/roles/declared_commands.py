"""Commands in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grace_workers.actions import DeclaredCommand, DeclaredCommands
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError


@dataclass(slots=True)
class MemoryCommands(DeclaredCommands):
    """`DeclaredCommands` that note in `effects` what was run. Those in `failing` fail."""

    declared: dict[str, DeclaredCommand] = field(default_factory=dict)
    effects: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)

    def commands(self) -> Sequence[DeclaredCommand]:
        return [self.declared[name] for name in sorted(self.declared)]

    def command(self, name: str) -> DeclaredCommand:
        if name not in self.declared:
            raise NotFoundError(f"command {name!r} is not declared")
        return self.declared[name]

    def holds(self, name: str, arguments: Mapping[str, str]) -> bool:
        return self._key(name, arguments) in self.effects

    def run(self, name: str, arguments: Mapping[str, str]) -> str:
        key = self._key(name, arguments)
        if name in self.failing:
            raise PermanentError(f"command {name!r} ended with exit code 1")
        self.effects.add(key)
        return "done"

    def undo(self, name: str, arguments: Mapping[str, str]) -> str:
        key = self._key(name, arguments)
        if not self.command(name).can_undo:
            raise PermanentError(f"command {name!r} declares no `undo`")
        self.effects.discard(key)
        return "undone"

    def _key(self, name: str, arguments: Mapping[str, str]) -> str:
        known = self.command(name).arguments
        if set(known) != set(arguments) or any(value not in known[key] for key, value in arguments.items()):
            raise InputError(f"command {name!r} does not take these arguments")
        return " ".join([name, *(f"{key}={arguments[key]}" for key in sorted(arguments))])
