"""The targets that discoveries found, in memory."""

from collections.abc import Mapping, Sequence

from grace_workers.orchestration.discovery.comparing import Discovered
from grace_workers.orchestration.stores.discovered import DiscoveredStore, DiscoveryState
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryDiscoveredStore(DiscoveredStore):
    """Implements `stores.DiscoveredStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._states: dict[str, DiscoveryState] = tx.table("discoveries")
        self._targets: dict[str, Discovered] = tx.table("discovered_targets")

    def lock(self) -> None:
        """Do nothing: transactions take turns."""

    def revisions(self) -> Mapping[str, int]:
        return {name: one.revision for name, one in self._states.items()}

    def states(self) -> Sequence[DiscoveryState]:
        return [self._states[name] for name in sorted(self._states)]

    def targets(self) -> Sequence[Discovered]:
        return [self._targets[name] for name in sorted(self._targets)]

    def save(self, state: DiscoveryState, targets: Sequence[Discovered] | None) -> None:
        self._states[state.name] = state
        if targets is None:
            return
        for name in [name for name, one in self._targets.items() if one.discovery == state.name]:
            del self._targets[name]
        for one in targets:
            self._targets[one.name] = one


DEFINITION = implements(DiscoveredStore)(MemoryDiscoveredStore)
