"""Signals and their fates."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.schema.line import signals
from grace_workers.adapters.postgres.statement import run
from grace_workers.foundation.ids import IncidentId, SignalId, TargetName
from grace_workers.orchestration.dossier import Fate, Receipt
from grace_workers.orchestration.stores import Delivered, SignalCounts
from grace_workers.signals import Condition, Signal, Signature

_PASS_ON = "UPDATE signals SET delivery_key = delivery_key || ':' || id WHERE delivery_key = ANY(%(keys)s)"  # noqa: S105

_DELIVERED = [signals.c[name] for name in ("id", "delivery_key", "target", "signature", "fate", "incident", "reason")]


class PostgresSignalStore:
    """Implements `stores.SignalStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, delivery_keys: Collection[str]) -> Mapping[str, Delivered]:
        """Return what became of earlier deliveries, by key; unknown keys are absent."""
        query = select(*_DELIVERED).where(signals.c.delivery_key.in_(list(delivery_keys)))
        rows = self._connection.execute(query.where(signals.c.fate.is_not(None)))
        return {row.delivery_key: Delivered(condition=_condition(row), receipt=_receipt(row)) for row in rows}

    def keep(self, settled: Sequence[tuple[Signal, Receipt]], *, again: Collection[str] = ()) -> None:
        """Store signals with what became of them. The keys `again` pass from their earlier signals to these."""
        if again:
            run(self._connection, _PASS_ON, {"keys": list(again)})
        if settled:
            # One key for two targets at the same moment: both led where they led, and the first keeps the key.
            statement = insert(signals).on_conflict_do_nothing(index_elements=["delivery_key"])
            self._connection.execute(statement, [_columns(signal, receipt) for signal, receipt in settled])

    def find(
        self, *, incident: IncidentId | None = None, unmatched: bool = False, limit: int = 100
    ) -> Sequence[tuple[Signal, Receipt]]:
        """Return the newest signals, newest first; `unmatched`: only those that named no declared target."""
        query = select(signals).where(signals.c.fate.is_not(None)).order_by(signals.c.id.desc()).limit(limit)
        if incident is not None:
            query = query.where(signals.c.incident == incident)
        if unmatched:
            query = query.where(signals.c.target.is_(None))
        rows = self._connection.execute(query).all()
        return [(restored(Signal, row.document, f"signal {row.id}"), _receipt(row)) for row in rows]

    def counts(self, window: timedelta) -> SignalCounts:
        """Return what became of the signals of the last `window`."""
        unmatched = signals.c.target.is_(None)
        query = select(signals.c.fate, unmatched, func.count()).where(
            signals.c.fate.is_not(None), signals.c.received_at > func.now() - window
        )
        rows = self._connection.execute(query.group_by(signals.c.fate, unmatched)).all()
        fates: dict[str, int] = {}
        for fate, _, count in rows:
            fates[fate] = fates.get(fate, 0) + count
        return SignalCounts(fates=fates, unmatched=sum(count for _, none, count in rows if none))


def _columns(signal: Signal, receipt: Receipt) -> dict[str, Any]:
    return {
        "id": signal.id,
        "delivery_key": signal.delivery_key,
        "target": signal.target,
        "signature": signal.signature,
        "document": stored(Signal, signal),
        "fate": receipt.fate.value,
        "incident": receipt.incident,
        "reason": receipt.reason,
    }


def _condition(row: Any) -> Condition | None:
    return None if row.target is None else Condition(TargetName(row.target), Signature(row.signature))


def _receipt(row: Any) -> Receipt:
    id_, fate, incident, reason = (getattr(row, name) for name in ("id", "fate", "incident", "reason"))
    return Receipt(
        signal=SignalId(id_),
        fate=Fate(fate),
        incident=None if incident is None else IncidentId(incident),
        reason=reason,
    )
