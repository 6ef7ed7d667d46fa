"""What cycles found, in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence

from grace_workers.cycles import KnownFinding
from grace_workers.orchestration.stores.findings import FindingStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryFindingStore(FindingStore):
    """Implements `stores.FindingStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._findings: dict[tuple[str, str], KnownFinding] = tx.table("findings")

    def save(self, finding: KnownFinding) -> None:
        self._findings[finding.cycle, finding.finding.key] = finding

    def find(self, *, cycle: str | None = None, gone: bool = False, limit: int | None = 500) -> Sequence[KnownFinding]:
        wanted = [
            self._findings[key]
            for key in sorted(self._findings)
            if cycle in {None, key[0]} and (self._findings[key].gone_at is not None) is gone
        ]
        return sorted(wanted, key=lambda one: one.gone_at or one.first_at, reverse=True)[:limit]

    def holding(self) -> Mapping[str, int]:
        return Counter(one.cycle for one in self._findings.values() if one.gone_at is None)


DEFINITION = implements(FindingStore)(MemoryFindingStore)
