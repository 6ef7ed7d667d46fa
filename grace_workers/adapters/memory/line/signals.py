"""Signals and their fates, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from grace_workers.adapters.memory.tables import Table
from grace_workers.foundation.ids import IncidentId, SignalId
from grace_workers.orchestration.dossier import Receipt
from grace_workers.signals import Signal


@dataclass(frozen=True, slots=True)
class _Row:
    signal: Signal
    receipt: Receipt | None = None


class MemorySignalStore:
    """Implements `stores.SignalStore`."""

    def __init__(self, table: Table) -> None:
        self._rows: dict[SignalId, _Row] = table("signals")
        self._keys: dict[str, SignalId] = table("delivery_keys")

    def add(self, signal: Signal) -> bool:
        """Store a signal; False when its delivery key is already there."""
        if signal.delivery_key in self._keys:
            return False
        self._keys[signal.delivery_key] = signal.id
        self._rows[signal.id] = _Row(signal)
        return True

    def add_all(self, signals: Sequence[Signal]) -> frozenset[SignalId]:
        """Store many signals at once; return the ids of those whose delivery key was new."""
        return frozenset([signal.id for signal in signals if self.add(signal)])

    def receipt(self, delivery_key: str) -> Receipt | None:
        """Return what became of an earlier delivery."""
        earlier = self._keys.get(delivery_key)
        return None if earlier is None else self._rows[earlier].receipt

    def receipts(self, delivery_keys: Collection[str]) -> Mapping[str, Receipt]:
        """Return what became of earlier deliveries, by key; those that are not settled are absent."""
        found = {key: self.receipt(key) for key in delivery_keys}
        return {key: receipt for key, receipt in found.items() if receipt is not None}

    def settle(self, receipt: Receipt) -> None:
        """Record what became of a signal."""
        if receipt.signal in self._rows:
            self._rows[receipt.signal] = replace(self._rows[receipt.signal], receipt=receipt)

    def settle_all(self, receipts: Sequence[Receipt]) -> None:
        """Record what became of many signals."""
        for receipt in receipts:
            self.settle(receipt)

    def find(self, *, incident: IncidentId | None = None, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
        """Return the newest signals, newest first."""
        settled = [(row.signal, row.receipt) for row in self._rows.values() if row.receipt is not None]
        found = [pair for pair in settled if incident is None or pair[1].incident == incident]
        return sorted(found, key=lambda pair: pair[0].id, reverse=True)[:limit]
