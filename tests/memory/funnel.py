"""How far signals and incidents came, in memory."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.stores.funnel import ArrivedSignals, FunnelStore, IncidentPath
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryFunnelStore(FunnelStore):
    """Implements `stores.FunnelStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._signals: dict[Any, Any] = tx.table("signals")
        self._dossiers: dict[IncidentId, Dossier] = tx.table("incidents")
        self._timelines: dict[IncidentId, tuple[Happening, ...]] = tx.table("incident_events")

    def arrived(
        self, *, since: datetime, target: TargetName | None = None, signature: str | None = None, limit: int
    ) -> Sequence[ArrivedSignals]:
        wanted = [
            row
            for row in self._signals.values()
            if row.received_at >= since
            and target in {None, row.signal.target}
            and signature in {None, row.signal.signature}
        ]
        groups = groupby(sorted(wanted, key=_key), key=_key)
        found = [(key, [row.signal.id for row in rows]) for key, rows in groups]
        arrived = [
            ArrivedSignals(
                target=target or None,
                signature=name,
                fate=fate,
                incident=next(
                    (row.receipt.incident for row in wanted if str(row.receipt.incident or "") == incident), None
                ),
                reason=reason,
                count=len(ids),
                newest=max(ids),
            )
            for (target, name, fate, incident, reason), ids in found
        ]
        return sorted(arrived, key=lambda one: one.newest, reverse=True)[:limit]

    def paths(self, incidents: Collection[IncidentId]) -> Sequence[IncidentPath]:
        known = [self._dossiers[one] for one in incidents if one in self._dossiers]
        return sorted(map(self._path, known), key=lambda one: one.id, reverse=True)

    def paths_since(self, since: datetime, *, limit: int) -> Sequence[IncidentPath]:
        known = [one for one in self._dossiers.values() if one.incident.opened_at >= since]
        return sorted(map(self._path, known), key=lambda one: one.id, reverse=True)[:limit]

    def _path(self, dossier: Dossier) -> IncidentPath:
        told = self._timelines.get(dossier.incident.id, ())
        gates = [one.data["gate"] for one in told if "gate" in one.data]
        considered: list[Any] = [one.data["considered"] for one in told if isinstance(one.data.get("considered"), list)]
        hypotheses = () if dossier.diagnosis is None else dossier.diagnosis.hypotheses
        return IncidentPath(
            id=dossier.incident.id,
            target=dossier.incident.target,
            state=dossier.incident.state.value,
            parked=dossier.incident.parked,
            closing=None if dossier.closing is None else dossier.closing.value,
            states=frozenset(one.state for one in told),
            causes=tuple(one.cause for one in hypotheses),
            playbook=None if dossier.plan is None else dossier.plan.playbook,
            gate=str(gates[-1]) if gates else None,
            reasons=dossier.reasons,
            considered=tuple(map(str, considered[-1])) if considered else (),
            requested=dossier.request is not None,
        )


def _key(row: Any) -> tuple[str, str, str, str, str]:
    incident = row.receipt.incident
    reason = row.receipt.reason if incident is None else ""
    return row.signal.target or "", row.signal.signature, row.receipt.fate.value, str(incident or ""), reason


DEFINITION = implements(FunnelStore)(MemoryFunnelStore)
