"""Signals and their fates, in memory."""

from collections.abc import Sequence
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

    def receipt(self, delivery_key: str) -> Receipt | None:
        """Return what became of an earlier delivery."""
        earlier = self._keys.get(delivery_key)
        return None if earlier is None else self._rows[earlier].receipt

    def settle(self, receipt: Receipt) -> None:
        """Record what became of a signal."""
        if receipt.signal in self._rows:
            self._rows[receipt.signal] = replace(self._rows[receipt.signal], receipt=receipt)

    def find(self, *, incident: IncidentId | None = None, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
        """Return the newest signals, newest first."""
        settled = [(row.signal, row.receipt) for row in self._rows.values() if row.receipt is not None]
        found = [pair for pair in settled if incident is None or pair[1].incident == incident]
        return sorted(found, key=lambda pair: pair[0].id, reverse=True)[:limit]
