"""The global switches, in memory."""

from datetime import datetime

from grace_workers.governance import Switch
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.switches import SwitchStore
from tests.memory.tables import Table
from tests.memory.transaction import MemoryTransaction


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


def _make(tx: MemoryTransaction) -> MemorySwitchStore:
    return MemorySwitchStore(tx.table)


DEFINITION = implements(SwitchStore)(_make)
