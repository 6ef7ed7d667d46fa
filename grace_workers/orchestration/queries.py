"""What people and faces read. Looks only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.governance import ApprovalRequest
from grace_workers.learning import Episode
from grace_workers.orchestration.dossier import Dossier, Happening, JournalRow, Receipt
from grace_workers.orchestration.jobs import JobCount, Pool, PoolFigures
from grace_workers.orchestration.stores import LineLedger
from grace_workers.signals import IncidentState, Signal

WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """An incident's whole story."""

    dossier: Dossier
    timeline: Sequence[Happening]
    steps: Sequence[JournalRow]
    approvals: Sequence[ApprovalRequest]
    signals: Sequence[tuple[Signal, Receipt]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFigures:
    """How the fleet does: jobs by pool and state, figures of the last hour, incidents by state, newest endings."""

    jobs: Sequence[JobCount]
    pools: Mapping[Pool, PoolFigures]
    incidents: Mapping[str, int]
    episodes: Sequence[Episode]


def incident(ledger: LineLedger, incident_id: IncidentId) -> IncidentView:
    """Return one incident's whole story.

    Raises:
        NotFoundError: there is no such incident.
    """
    with ledger.transaction() as tx:
        dossier = tx.incidents.load(incident_id)
        return IncidentView(
            dossier=dossier,
            timeline=tx.incidents.timeline(incident_id),
            steps=() if dossier.plan is None else tx.journal.rows(dossier.plan.id),
            approvals=tx.approvals.of_incident(incident_id),
            signals=tx.signals.find(incident=incident_id),
        )


def incidents(
    ledger: LineLedger, *, state: IncidentState | None = None, target: TargetName | None = None, limit: int = 100
) -> Sequence[Dossier]:
    """Return the newest incidents that match, newest first."""
    with ledger.transaction() as tx:
        return tx.incidents.find(state=state, target=target, limit=limit)


def signals(ledger: LineLedger, *, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
    """Return the newest signals and what became of them, newest first."""
    with ledger.transaction() as tx:
        return tx.signals.find(limit=limit)


def figures(ledger: LineLedger, *, window: timedelta = WINDOW) -> FleetFigures:
    """Return how the fleet does."""
    with ledger.transaction() as tx:
        return FleetFigures(
            jobs=tx.jobs.counts(),
            pools={one.pool: one for one in tx.jobs.figures(window)},
            incidents=tx.incidents.counts(),
            episodes=tx.records.episodes(limit=20),
        )
