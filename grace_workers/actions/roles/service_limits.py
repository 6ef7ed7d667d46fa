"""`ServiceLimits`: bounds in the configuration of a service that may be changed while it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit in force, None where there is none, and between which values the target's declaration lets it be set.

    `spelled` is how the service writes the value, where it may write the same value in several ways.
    """

    name: str
    value: int | None
    lowest: int
    highest: int
    unit: str = ""
    spelled: str | None = None


class ServiceLimits(Protocol):
    """The limits that the target declares as changeable; no other is seen."""

    def limits(self) -> Sequence[Limit]:
        """Return all of them, by name."""

    def limit(self, name: str) -> Limit:
        """Return one. Raises NotFoundError."""

    def set_limit(self, name: str, value: int) -> Limit:
        """Set it and return what is in force then. Idempotent.

        Raises NotFoundError for a limit that is not declared, InputError for a value outside its bounds.
        """

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        """Set a value that was in force before, whatever the bounds; None for no limit. Idempotent."""

    def put_back_spelled(self, name: str, value: int, spelled: str) -> Limit:
        """Set it as `put_back_limit` does, written as the service had written it. Idempotent."""
        del spelled
        return self.put_back_limit(name, value)
