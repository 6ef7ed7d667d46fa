"""The global switches, in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from grace_workers.governance import Switch
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.switches import SwitchStore
from tests.memory.transaction import MemoryTransaction


class MemorySwitchStore(SwitchStore):
    """Implements `stores.SwitchStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._switches: dict[str, Switch] = tx.table("switches")

    def read_all(self, names: Sequence[str]) -> Mapping[str, Switch]:
        return {name: self._switches.get(name, Switch()) for name in names}

    def turn(self, name: str, switch: Switch, at: datetime) -> None:
        del at
        self._switches[name] = switch


DEFINITION = implements(SwitchStore)(MemorySwitchStore)
