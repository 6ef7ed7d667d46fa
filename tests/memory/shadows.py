"""What playbooks in shadow mode would have done, in memory."""

from collections.abc import Sequence
from datetime import datetime

from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.stores.shadows import ShadowOutcome, ShadowRun, ShadowStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryShadowStore(ShadowStore):
    """Implements `stores.ShadowStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._runs: dict[tuple[IncidentId, str], ShadowRun] = tx.table("shadow_runs")
        self._dossiers: dict[IncidentId, Dossier] = tx.table("incidents")

    def keep(self, shadow: ShadowRun) -> None:
        known = self._runs.get((shadow.incident, shadow.playbook))
        if known is None or known.at <= shadow.at:
            self._runs[shadow.incident, shadow.playbook] = shadow

    def since(self, moment: datetime, *, playbook: str | None = None, limit: int) -> Sequence[ShadowOutcome]:
        found = [one for one in self._runs.values() if one.at >= moment and playbook in {None, one.playbook}]
        found.sort(key=lambda one: (one.incident, one.playbook))
        found.sort(key=lambda one: one.at, reverse=True)
        return [self._outcome(one) for one in found[:limit]]

    def _outcome(self, one: ShadowRun) -> ShadowOutcome:
        dossier = self._dossiers[one.incident]
        closing = None if dossier.closing is None else dossier.closing.value
        return ShadowOutcome(run=one, closing=closing, state=dossier.incident.state.value)


DEFINITION = implements(ShadowStore)(MemoryShadowStore)
