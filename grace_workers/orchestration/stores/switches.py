"""The kill switch and the freeze."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.governance import Switch


class SwitchStore(Protocol):
    """The global switches."""

    def read(self, name: str) -> Switch:
        """Return a switch; one never turned is off."""
        return self.read_all([name])[name]

    @abstractmethod
    def read_all(self, names: Sequence[str]) -> Mapping[str, Switch]:
        """Return several switches by name, as of one moment; those never turned are off."""

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        """Set the switch."""
