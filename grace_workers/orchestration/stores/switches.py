"""The kill switch and the freeze."""

from datetime import datetime
from typing import Protocol

from grace_workers.governance import Switch


class SwitchStore(Protocol):
    """The global switches."""

    def read(self, name: str) -> Switch:
        """Return a switch; one never turned is off."""

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        """Set the switch."""
