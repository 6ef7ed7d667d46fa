"""Signals and their fates."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from grace_workers.adapters.postgres.line.documents import restored, stored
from grace_workers.adapters.postgres.schema.line import signals
from grace_workers.foundation.ids import IncidentId, SignalId
from grace_workers.orchestration.dossier import Fate, Receipt
from grace_workers.signals import Signal


class PostgresSignalStore:
    """Implements `stores.SignalStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, signal: Signal) -> bool:
        """Store a signal; False when its delivery key is already there."""
        statement = insert(signals).values(
            id=signal.id,
            delivery_key=signal.delivery_key,
            target=signal.target,
            signature=signal.signature,
            document=stored(Signal, signal),
        )
        statement = statement.on_conflict_do_nothing(index_elements=["delivery_key"])
        return self._connection.execute(statement.returning(signals.c.id)).first() is not None

    def receipt(self, delivery_key: str) -> Receipt | None:
        """Return what became of an earlier delivery."""
        row = self._connection.execute(select(signals).where(signals.c.delivery_key == delivery_key)).first()
        return None if row is None or row.fate is None else _receipt(row)

    def settle(self, receipt: Receipt) -> None:
        """Record what became of a signal."""
        self._connection.execute(
            update(signals)
            .where(signals.c.id == receipt.signal)
            .values(fate=receipt.fate.value, incident=receipt.incident, reason=receipt.reason)
        )

    def find(self, *, incident: IncidentId | None = None, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
        """Return the newest signals, newest first."""
        query = select(signals).where(signals.c.fate.is_not(None)).order_by(signals.c.id.desc()).limit(limit)
        if incident is not None:
            query = query.where(signals.c.incident == incident)
        rows = self._connection.execute(query).all()
        return [(restored(Signal, row.document, f"signal {row.id}"), _receipt(row)) for row in rows]


def _receipt(row: object) -> Receipt:
    id_, fate, incident, reason = (getattr(row, name) for name in ("id", "fate", "incident", "reason"))
    return Receipt(
        signal=SignalId(id_),
        fate=Fate(fate),
        incident=None if incident is None else IncidentId(incident),
        reason=reason,
    )
