"""Signals and their fates, in memory."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.foundation.ids import IncidentId, SignalId, TargetName
from grace_workers.orchestration.dossier import Dossier, Receipt
from grace_workers.orchestration.stores import Delivered, SignalCounts
from grace_workers.orchestration.stores.signals import SignalFrequency, SignalStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Signal
from tests.memory.transaction import MemoryTransaction


@dataclass(frozen=True, slots=True)
class _Row:
    signal: Signal
    receipt: Receipt
    received_at: datetime


class MemorySignalStore(SignalStore):
    """Implements `stores.SignalStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._rows: dict[SignalId, _Row] = tx.table("signals")
        self._keys: dict[str, SignalId] = tx.table("delivery_keys")
        self._dossiers: dict[IncidentId, Dossier] = tx.table("incidents")
        self._clock = tx.clock

    def known(self, delivery_keys: Collection[str]) -> Mapping[str, Delivered]:
        earlier = {key: self._rows[self._keys[key]] for key in delivery_keys if key in self._keys}
        return {key: Delivered(condition=_condition(row.signal), receipt=row.receipt) for key, row in earlier.items()}

    def keep(self, settled: Sequence[tuple[Signal, Receipt]], *, again: Collection[str] = ()) -> None:
        for key in again:
            del self._keys[key]
        for signal, receipt in settled:
            self._keys[signal.delivery_key] = signal.id
            self._rows[signal.id] = _Row(signal, receipt, self._clock.now())

    def find(
        self, *, incident: IncidentId | None = None, unmatched: bool = False, limit: int = 100
    ) -> Sequence[tuple[Signal, Receipt]]:
        found = [
            (row.signal, row.receipt)
            for row in self._rows.values()
            if incident in {None, row.receipt.incident} and (row.signal.target is None or not unmatched)
        ]
        return sorted(found, key=lambda pair: pair[0].id, reverse=True)[:limit]

    def of_group(self, leader: IncidentId, *, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
        group = {leader, *(name for name, one in self._dossiers.items() if one.incident.part_of == leader)}
        found = [(row.signal, row.receipt) for row in self._rows.values() if row.receipt.incident in group]
        return sorted(found, key=lambda pair: pair[0].id, reverse=True)[:limit]

    def iter_all(self) -> Iterator[tuple[Signal, Receipt]]:
        return iter(sorted(((row.signal, row.receipt) for row in self._rows.values()), key=lambda pair: pair[0].id))

    def frequencies(
        self, target: TargetName, *, since: datetime, before: datetime, limit: int
    ) -> Sequence[SignalFrequency]:
        mine = [row for row in self._rows.values() if row.signal.target == target and row.received_at >= before]
        recent = Counter(row.signal.signature for row in mine if row.received_at >= since)
        earlier = Counter(row.signal.signature for row in mine if row.received_at < since)
        ordered = sorted(recent.items(), key=lambda one: (-one[1], one[0]))
        found = [SignalFrequency(signature=name, recent=count, earlier=earlier[name]) for name, count in ordered]
        return found[:limit]

    def counts(self, window: timedelta) -> SignalCounts:
        since = self._clock.now() - window
        recent = [row for row in self._rows.values() if row.received_at > since]
        return SignalCounts(
            fates=Counter(row.receipt.fate.value for row in recent),
            unmatched=sum(row.signal.target is None for row in recent),
        )


def _condition(signal: Signal) -> Condition | None:
    return None if signal.target is None else Condition(signal.target, signal.signature)


DEFINITION = implements(SignalStore)(MemorySignalStore)
