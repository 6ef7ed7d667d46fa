"""Signals and their fates."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Text, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from grace_workers.adapters.postgres.line.documents import restored, stored
from grace_workers.adapters.postgres.schema.line import signals as table
from grace_workers.foundation.ids import IncidentId, SignalId
from grace_workers.orchestration.dossier import Fate, Receipt
from grace_workers.signals import Signal

_ADD = insert(table).on_conflict_do_nothing(index_elements=["delivery_key"]).returning(table.c.id)
_SETTLE = update(table).where(table.c.id == bindparam("signal"))
_TEXTS = bindparam("texts", type_=ARRAY(Text))


class PostgresSignalStore:
    """Implements `stores.SignalStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, signal: Signal) -> bool:
        """Store a signal; False when its delivery key is already there."""
        return signal.id in self.add_all([signal])

    def add_all(self, signals: Sequence[Signal]) -> frozenset[SignalId]:
        """Store many signals at once; return the ids of those whose delivery key was new."""
        if not signals:
            return frozenset()
        # One order of keys everywhere, so that two batches which share deliveries wait for each other in turn.
        rows = [_columns(signal) for signal in sorted(signals, key=lambda signal: signal.delivery_key)]
        return frozenset(SignalId(row[0]) for row in self._connection.execute(_ADD, rows))

    def receipt(self, delivery_key: str) -> Receipt | None:
        """Return what became of an earlier delivery."""
        row = self._connection.execute(select(table).where(table.c.delivery_key == delivery_key)).first()
        return None if row is None or row.fate is None else _receipt(row)

    def receipts(self, delivery_keys: Collection[str]) -> Mapping[str, Receipt]:
        """Return what became of earlier deliveries, by key; those that are not settled are absent."""
        query = select(table).where(table.c.delivery_key == any_(_TEXTS), table.c.fate.is_not(None))
        rows = self._connection.execute(query, {"texts": list(delivery_keys)})
        return {row.delivery_key: _receipt(row) for row in rows}

    def settle(self, receipt: Receipt) -> None:
        """Record what became of a signal."""
        self.settle_all([receipt])

    def settle_all(self, receipts: Sequence[Receipt]) -> None:
        """Record what became of many signals."""
        rows = [
            {"signal": one.signal, "fate": one.fate.value, "incident": one.incident, "reason": one.reason}
            for one in receipts
        ]
        if rows:
            self._connection.execute(_SETTLE, rows)

    def find(self, *, incident: IncidentId | None = None, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
        """Return the newest signals, newest first."""
        query = select(table).where(table.c.fate.is_not(None)).order_by(table.c.id.desc()).limit(limit)
        if incident is not None:
            query = query.where(table.c.incident == incident)
        rows = self._connection.execute(query).all()
        return [(restored(Signal, row.document, f"signal {row.id}"), _receipt(row)) for row in rows]


def _columns(signal: Signal) -> dict[str, Any]:
    return {
        "id": signal.id,
        "delivery_key": signal.delivery_key,
        "target": signal.target,
        "signature": signal.signature,
        "document": stored(Signal, signal),
    }


def _receipt(row: object) -> Receipt:
    id_, fate, incident, reason = (getattr(row, name) for name in ("id", "fate", "incident", "reason"))
    return Receipt(
        signal=SignalId(id_),
        fate=Fate(fate),
        incident=None if incident is None else IncidentId(incident),
        reason=reason,
    )
