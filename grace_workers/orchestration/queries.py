"""What people and entry points read. Nothing here changes anything."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.governance import ApprovalRequest, Proposer
from grace_workers.learning import Episode
from grace_workers.orchestration.diagnosing import DiagnosticReport
from grace_workers.orchestration.dossier import Dossier, Happening, JournalRow, Receipt
from grace_workers.orchestration.job import JobCount, JobState, Pool, PoolFigures
from grace_workers.orchestration.stores import HourCount, LineLedger, SignalCounts
from grace_workers.orchestration.stores.groups import GroupStore
from grace_workers.orchestration.stores.reports import ReportStore
from grace_workers.signals import Incident, IncidentState, Severity, Signal

WINDOW = timedelta(hours=1)
AGENTS = (Pool.HEALING, Pool.CODING)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """An incident's whole story. `signals` are the newest of it and of those that it leads."""

    dossier: Dossier
    timeline: Sequence[Happening]
    steps: Sequence[JournalRow]
    approvals: Sequence[ApprovalRequest]
    signals: Sequence[tuple[Signal, Receipt]]
    proposers: Sequence[Proposer]
    members: Sequence[Incident] = ()
    facts: Sequence[DiagnosticReport] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFigures:
    """The status of healing: jobs by pool and state, figures of the last hour, incidents by state, newest endings.

    `signals` and `capped` are of the last hour: what happened to signals, and how many incidents exceeded their
    sender's share of urgent ones. `parked` incidents wait until another of their target ends.
    """

    jobs: Sequence[JobCount]
    pools: Mapping[Pool, PoolFigures]
    incidents: Mapping[str, int]
    episodes: Sequence[Episode]
    signals: SignalCounts
    parked: int
    capped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLoad:
    """How busy one agent is in the whole fleet; `utilisation` exceeds 1 while urgent jobs use the express slots.

    `free` is how many ordinary jobs could start now.
    """

    running: int
    utilisation: float
    free: int


def agent_loads(jobs: Sequence[JobCount], *, per_agent: int, together: int) -> Mapping[Pool, AgentLoad]:
    """Return the load of each agent, when each may run `per_agent` jobs and both `together` that many."""
    running = {
        pool: sum(one.count for one in jobs if one.pool is pool and one.state is JobState.RUNNING) for pool in AGENTS
    }
    left = together - sum(running.values())
    return {
        pool: AgentLoad(running=count, utilisation=count / per_agent, free=max(0, min(per_agent - count, left)))
        for pool, count in running.items()
    }


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
            signals=tx.signals.of_group(incident_id),
            proposers=tx.approvals.involved([incident_id])[incident_id],
            members=tx[GroupStore].members(incident_id),
            facts=tx[ReportStore].of_incident(incident_id),
        )


def incidents(  # noqa: PLR0913 - each is one filter
    ledger: LineLedger,
    *,
    states: Collection[IncidentState] = (),
    target: TargetName | None = None,
    severity: Severity | None = None,
    leading: bool = False,
    before: IncidentId | None = None,
    limit: int = 100,
) -> Sequence[Dossier]:
    """Return the newest incidents that match, newest first; `leading`: see `IncidentStore.find`."""
    with ledger.transaction() as tx:
        return tx.incidents.find(
            states=states, target=target, severity=severity, leading=leading, before=before, limit=limit
        )


def group_sizes(ledger: LineLedger, incidents: Collection[IncidentId]) -> Mapping[IncidentId, int]:
    """Return how many incidents each of these leads; those that lead none are left out."""
    with ledger.transaction() as tx:
        return tx[GroupStore].sizes(incidents)


def hourly(ledger: LineLedger, *, since: datetime) -> Sequence[HourCount]:
    """Return how many incidents were opened in each hour since then, by how they ended."""
    with ledger.transaction() as tx:
        return tx.incidents.hourly(since=since)


def signals(ledger: LineLedger, *, unmatched: bool = False, limit: int = 100) -> Sequence[tuple[Signal, Receipt]]:
    """Return the newest signals and what happened to them, newest first; or only those without a declared target."""
    with ledger.transaction() as tx:
        return tx.signals.find(unmatched=unmatched, limit=limit)


def figures(ledger: LineLedger, *, window: timedelta = WINDOW) -> FleetFigures:
    """Return the status of healing."""
    with ledger.transaction() as tx:
        return FleetFigures(
            jobs=tx.jobs.counts(),
            pools={one.pool: one for one in tx.jobs.figures(window)},
            incidents=tx.incidents.counts(),
            episodes=tx.records.episodes(limit=20),
            signals=tx.signals.counts(window),
            parked=sum(tx.incidents.parked_counts().values()),
            capped=tx.incidents.capped(window),
        )
