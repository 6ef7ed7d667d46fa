"""The global switches, and what cycles remember, in memory."""

from datetime import datetime

from grace_workers.adapters.memory.tables import Table
from grace_workers.foundation.document import JsonValue
from grace_workers.governance import Switch


class MemorySwitchStore:
    """Implements `stores.SwitchStore`."""

    def __init__(self, table: Table) -> None:
        self._switches: dict[str, Switch] = table("switches")

    def read(self, name: str) -> Switch:
        """Return a switch; one never turned is off."""
        return self._switches.get(name, Switch())

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        """Turn it."""
        del at
        self._switches[name] = switch


class MemoryMemoryStore:
    """Implements `stores.MemoryStore`."""

    def __init__(self, table: Table) -> None:
        self._documents: dict[str, JsonValue] = table("memories")

    def read(self, name: str) -> JsonValue:
        """Return what was kept, None when nothing was."""
        return self._documents.get(name)

    def write(self, name: str, document: JsonValue, at: datetime) -> None:
        """Keep this instead."""
        del at
        self._documents[name] = document
