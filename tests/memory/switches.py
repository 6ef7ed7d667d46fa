"""The global switches, in memory."""

from datetime import datetime

from grace_workers.governance import Switch
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.switches import SwitchStore
from tests.memory.transaction import MemoryTransaction


class MemorySwitchStore(SwitchStore):
    """Implements `stores.SwitchStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._switches: dict[str, Switch] = tx.table("switches")

    def read(self, name: str) -> Switch:
        return self._switches.get(name, Switch())

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        del at
        self._switches[name] = switch


DEFINITION = implements(SwitchStore)(MemorySwitchStore)
