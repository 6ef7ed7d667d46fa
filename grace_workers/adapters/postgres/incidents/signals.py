"""Signals and their fates."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import id_since, json_text, many, run, run_all, stream
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Receipt
from grace_workers.orchestration.stores import Delivered, SignalCounts
from grace_workers.orchestration.stores.signals import SignalFrequency, SignalStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Signal, Signature

_RECEIPT = Columns(Receipt, signal="id")

_KNOWN = f"""
SELECT delivery_key, target, signature, {_RECEIPT} FROM signals
WHERE delivery_key = ANY(%(keys)s::text[]) AND fate IS NOT NULL
"""  # noqa: S608 - only constants are put in

_PASS_ON = "UPDATE signals SET delivery_key = delivery_key || ':' || id WHERE delivery_key = ANY(%(keys)s)"  # noqa: S105

# Two targets may get one key at the same moment: both signals led where they led, and the first keeps the key.
_KEEP = """
INSERT INTO signals (id, delivery_key, target, signature, document, fate, incident, reason)
SELECT id, delivery_key, target, signature, document::json, fate, incident, reason
FROM unnest(%(id)s::uuid[], %(delivery_key)s::text[], %(target)s::text[], %(signature)s::text[], %(document)s::text[],
    %(fate)s::text[], %(incident)s::uuid[], %(reason)s::text[])
    AS s (id, delivery_key, target, signature, document, fate, incident, reason)
ON CONFLICT (delivery_key) DO NOTHING
"""

_FIND = f"""
SELECT document, {_RECEIPT} FROM signals
WHERE fate IS NOT NULL AND (%(incident)s::uuid IS NULL OR incident = %(incident)s)
    AND (NOT %(unmatched)s OR target IS NULL)
ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608

_OF_GROUP = f"""
SELECT document, {_RECEIPT} FROM signals
WHERE fate IS NOT NULL AND incident = ANY(ARRAY(
    SELECT %(incident)s::uuid UNION ALL SELECT i.id FROM incidents i WHERE i.part_of = %(incident)s))
ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608

_ALL = f"SELECT document, {_RECEIPT} FROM signals WHERE fate IS NOT NULL ORDER BY id"  # noqa: S608

# An id begins with the time at which it was made, so the index of the target's signals finds the newest.
_FREQUENCIES = f"""
SELECT signature, count(*) FILTER (WHERE received_at >= %(since)s), count(*) FILTER (WHERE received_at < %(since)s)
FROM signals WHERE target = %(target)s AND id >= {id_since("before")} AND received_at >= %(before)s
GROUP BY 1 HAVING count(*) FILTER (WHERE received_at >= %(since)s) > 0 ORDER BY 2 DESC, 1 LIMIT %(limit)s
"""  # noqa: S608

_COUNTS = """
SELECT fate, target IS NULL, count(*) FROM signals
WHERE fate IS NOT NULL AND received_at > now() - %(window)s::interval GROUP BY 1, 2
"""


class PostgresSignalStore(PostgresStore, SignalStore):
    """Implements `stores.SignalStore`."""

    def known(self, delivery_keys: Collection[str]) -> Mapping[str, Delivered]:
        rows = many(self._connection, _KNOWN, {"keys": list(delivery_keys)})
        return {
            key: Delivered(condition=_condition(target, signature), receipt=_RECEIPT.read(receipt))
            for key, target, signature, *receipt in rows
        }

    def keep(self, settled: Sequence[tuple[Signal, Receipt]], *, again: Collection[str] = ()) -> None:
        if again:
            run(self._connection, _PASS_ON, {"keys": list(again)})
        run_all(self._connection, _KEEP, [_values(signal, receipt) for signal, receipt in settled])

    def find(
        self, *, incident: IncidentId | None = None, unmatched: bool = False, limit: int = 100
    ) -> Sequence[tuple[Signal, Receipt]]:
        values = {"incident": incident, "unmatched": unmatched, "limit": limit}
        return [_settled(row) for row in many(self._connection, _FIND, values)]

    def of_group(self, leader: IncidentId, *, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
        return [_settled(row) for row in many(self._connection, _OF_GROUP, {"incident": leader, "limit": limit})]

    def iter_all(self) -> Iterator[tuple[Signal, Receipt]]:
        return (_settled(row) for row in stream(self._connection, _ALL, {}))

    def frequencies(
        self, target: TargetName, *, since: datetime, before: datetime, limit: int
    ) -> Sequence[SignalFrequency]:
        values = {"target": target, "since": since, "before": before, "limit": limit}
        rows = many(self._connection, _FREQUENCIES, values)
        return [SignalFrequency(signature=Signature(name), recent=new, earlier=old) for name, new, old in rows]

    def counts(self, window: timedelta) -> SignalCounts:
        rows = many(self._connection, _COUNTS, {"window": window})
        fates: dict[str, int] = {}
        for fate, _, count in rows:
            fates[fate] = fates.get(fate, 0) + count
        return SignalCounts(fates=fates, unmatched=sum(count for _, none, count in rows if none))


def _values(signal: Signal, receipt: Receipt) -> dict[str, Any]:
    return {
        "id": signal.id,
        "delivery_key": signal.delivery_key,
        "target": signal.target,
        "signature": signal.signature,
        "document": json_text(stored(Signal, signal)),
        **_RECEIPT.values(receipt),
    }


def _condition(target: str | None, signature: str) -> Condition | None:
    return None if target is None else Condition(TargetName(target), Signature(signature))


def _settled(row: Sequence[Any]) -> tuple[Signal, Receipt]:
    document, *receipt = row
    return restored(Signal, document, f"signal {receipt[0]}"), _RECEIPT.read(receipt)


DEFINITION = implements(SignalStore)(PostgresSignalStore)
