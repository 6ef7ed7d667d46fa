"""How incidents and runs ended, counted in memory."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from grace_workers.cycles.outcome_count import OutcomeCount
from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.stores.outcome_counts import ENDED_BY_ITSELF, PROMPT, OutcomeStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.work.schedule import slot_at
from grace_workers.signals import IncidentState
from tests.memory.transaction import MemoryTransaction

_ENDED = {IncidentState.CLOSED, IncidentState.REFUSED, IncidentState.ESCALATED}
_GOOD = {Closing.HEALED, Closing.DONE}
_ENDINGS = {Ending.VERIFIED: "verified", Ending.INEFFECTIVE: "missed", Ending.FAILED: "missed"}


class MemoryOutcomeStore(OutcomeStore):
    """Implements `stores.OutcomeStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._tx = tx

    def counted(self, *, since: datetime, every: timedelta) -> Sequence[OutcomeCount]:
        found: dict[datetime, Counter[str]] = defaultdict(Counter)
        for one in self._tx.incidents.iter_all():
            if one.incident.opened_at >= since and self._counts(one):
                found[slot_at(one.incident.opened_at, every)].update(self._said(one))
        for run in self._tx.records.iter_episodes(since=since):
            if run.ending in _ENDINGS:
                found[slot_at(run.at, every)][_ENDINGS[run.ending]] += 1
        return [OutcomeCount(at=at, **found[at]) for at in sorted(found)]

    def first_healed(self, *, limit: int = 10_000) -> Sequence[datetime]:
        first: dict[str, datetime] = {}
        for one in self._tx.records.iter_episodes():
            if one.ending is Ending.VERIFIED:
                first.setdefault(one.signature, one.at)
        return sorted(first.values())[:limit]

    def first_heal(self) -> datetime | None:
        return next(iter(self.first_healed(limit=1)), None)

    def _counts(self, one: Dossier) -> bool:
        led = one.incident.part_of is not None
        by_itself = one.closing is not None and one.closing.value in ENDED_BY_ITSELF
        return one.incident.state in _ENDED and one.request is None and not led and not by_itself

    def _said(self, one: Dossier) -> Iterator[str]:
        yield "incidents"
        if one.closing in _GOOD:
            yield "healed"
            if not self._tx.approvals.of_incident(one.incident.id):
                yield "alone"
        if one.plan is not None:
            yield "planned"
        ruled = [line.at for line in self._tx.incidents.timeline(one.incident.id) if line.stage == "governance"]
        if ruled:
            yield "ruled"
            if min(ruled) - one.incident.opened_at <= PROMPT:
                yield "promptly"


DEFINITION = implements(OutcomeStore)(MemoryOutcomeStore)
