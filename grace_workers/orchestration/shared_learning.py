"""What both agents learned, in one store: the newest runs of healing and coding, and what each has to show for them.

A patch is carried out by a plan like any other, so the runs of both lie in the same record. Nothing here changes it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from grace_workers.actions import Target
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.job import JobState, Pool, SlotLimits
from grace_workers.orchestration.line.handing_over import code_behind
from grace_workers.orchestration.queries import AgentLoad, agent_loads
from grace_workers.orchestration.stores import LineLedger

NEWEST = 1_000
MOST_PATCHES = 100
SPAN = timedelta(days=7)
"""Heals are counted for so long before a patch and after it."""

_CODING = "plan:code_"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedEntry:
    """One run of either agent, and how it ended."""

    agent: Pool
    at: datetime
    incident: IncidentId
    cause: str
    target: TargetName
    playbook: str
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """What one agent did in those runs, how busy it is, and how many of its jobs wait; `success` may be unknown."""

    agent: Pool
    runs: int
    verified: int
    success: float | None
    waiting: int
    load: AgentLoad


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchEffect:
    """A patch of the coding agent, and how often `target` was healed in the seven days before it and since.

    `days` is how much of the seven days since has passed, and `days_before` how much of those before is in the record.
    """

    code: TargetName
    target: TargetName
    at: datetime
    heals_before: int
    heals_since: int
    days: float
    days_before: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLearning:
    """The newest runs of both agents, newest first, what follows for each, and what patches changed for healing."""

    entries: Sequence[SharedEntry]
    agents: Sequence[AgentRecord]
    patches: Sequence[PatchEffect]


def shared_learning(
    ledger: LineLedger, targets: Mapping[TargetName, Target], limits: SlotLimits, now: datetime
) -> SharedLearning:
    """Return what the newest thousand runs of both agents say."""
    with ledger.transaction() as tx:
        episodes = tx.records.episodes(limit=NEWEST)
        counts = tx.jobs.counts()
    entries = [_entry(one) for one in episodes]
    loads = agent_loads(counts, per_agent=min(limits.per_pool.values()), together=limits.total)
    waiting = {
        pool: sum(one.count for one in counts if one.pool is pool and one.state is JobState.QUEUED) for pool in loads
    }
    return SharedLearning(
        entries=entries,
        agents=[_record(pool, entries, waiting[pool], loads[pool]) for pool in sorted(loads)],
        patches=list(islice(_patches(entries, targets, now), MOST_PATCHES)),
    )


def _entry(one: Episode) -> SharedEntry:
    return SharedEntry(
        agent=Pool.CODING if one.playbook.startswith(_CODING) else Pool.HEALING,
        at=one.at,
        incident=one.incident,
        cause=one.cause,
        target=one.target,
        playbook=one.playbook,
        ending=one.ending,
    )


def _record(agent: Pool, entries: Sequence[SharedEntry], waiting: int, load: AgentLoad) -> AgentRecord:
    mine = [one.ending for one in entries if one.agent is agent]
    judged, verified = sum(one is not Ending.INCONCLUSIVE for one in mine), mine.count(Ending.VERIFIED)
    success = round(verified / judged, 3) if judged else None
    return AgentRecord(agent=agent, runs=len(mine), verified=verified, success=success, waiting=waiting, load=load)


def _patches(
    entries: Sequence[SharedEntry], targets: Mapping[TargetName, Target], now: datetime
) -> Iterator[PatchEffect]:
    """Yield what each verified patch changed for every target that runs the code, the newest patch first."""
    verified = [one for one in entries if one.ending is Ending.VERIFIED]
    patches = [one for one in verified if one.agent is Pool.CODING]
    heals = defaultdict[TargetName, list[datetime]](list)
    for one in verified:
        if one.agent is Pool.HEALING:
            heals[one.target].append(one.at)
    running = defaultdict[TargetName | None, list[TargetName]](list)
    for name in sorted(targets if patches else ()):
        running[code_behind(name, targets)].append(name)
    whole = len(entries) < NEWEST
    for patch in patches:
        known = SPAN if whole else min(patch.at - entries[-1].at, SPAN)
        for name in running[patch.target]:
            if name != patch.target:
                yield PatchEffect(
                    code=patch.target,
                    target=name,
                    at=patch.at,
                    heals_before=sum(patch.at - SPAN <= one < patch.at for one in heals[name]),
                    heals_since=sum(patch.at <= one < patch.at + SPAN for one in heals[name]),
                    days=round(min(now - patch.at, SPAN) / timedelta(days=1), 2),
                    days_before=round(known / timedelta(days=1), 2),
                )
