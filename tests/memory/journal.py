"""Runs, the targets they hold, and their steps, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from grace_workers.foundation.ids import IncidentId, JobId, PlanId, TargetName
from grace_workers.governance import History
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.dossier import JournalRow, StepState
from grace_workers.orchestration.job import Job, JobState
from grace_workers.orchestration.stores.history import Run, history_of
from grace_workers.orchestration.stores.journal import Journal
from grace_workers.orchestration.stores.store import implements
from grace_workers.playbooks import Plan
from tests.memory.transaction import MemoryTransaction

UNTOUCHED = frozenset({StepState.SNAPSHOTTED, StepState.SKIPPED})


@dataclass(frozen=True, slots=True)
class _Run:
    plan: Plan
    incident: IncidentId
    started_at: datetime
    episode: Episode | None = None
    job: JobId | None = None
    scopes: tuple[str, ...] = ()
    automatic: bool = False


class MemoryJournal(Journal):
    """Implements `stores.Journal`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._runs: dict[PlanId, _Run] = tx.table("runs")
        self._holds: dict[TargetName, PlanId] = tx.table("run_holds")
        self._steps: dict[tuple[PlanId, int], JournalRow] = tx.table("steps")
        self._jobs: dict[JobId, Job] = tx.table("jobs")

    def begin(
        self,
        plan: Plan,
        incident: IncidentId,
        at: datetime,
        *,
        scopes: Collection[str] = (),
        automatic: bool = False,
    ) -> bool:
        held = {plan.target, *plan.targets}
        if any(self._holds.get(target, plan.id) != plan.id for target in held):
            return False
        self._runs.setdefault(plan.id, _Run(plan, incident, at, scopes=tuple(scopes), automatic=automatic))
        self._holds.update(dict.fromkeys(held, plan.id))
        return True

    def end(self, plan: PlanId, episode: Episode) -> None:
        if plan in self._runs:
            self._runs[plan] = replace(self._runs[plan], episode=episode)
        for target in [target for target, holder in self._holds.items() if holder == plan]:
            del self._holds[target]

    def amend(self, plan: PlanId, ending: Ending) -> None:
        found = self._runs.get(plan)
        if found is not None and found.episode is not None:
            self._runs[plan] = replace(found, episode=replace(found.episode, ending=ending))

    def seize(self, plan: PlanId, job: JobId) -> bool:
        found = self._runs.get(plan)
        if found is None or found.job == job:
            return found is not None
        holder = None if found.job is None else self._jobs.get(found.job)
        if holder is not None and holder.state is JobState.RUNNING:
            return False
        self._runs[plan] = replace(found, job=job)
        return True

    def rows(self, plan: PlanId) -> Sequence[JournalRow]:
        return [self._steps[key] for key in sorted(key for key in self._steps if key[0] == plan)]

    def write(self, plan: PlanId, row: JournalRow) -> None:
        self._steps[plan, row.index] = row

    def history(self, playbook: str, targets: Collection[TargetName], now: datetime) -> History:
        ours = [one for one in self._runs.values() if one.plan.playbook == playbook]
        mine = [one for one in ours if is_on(one.plan, targets, self._steps)]
        newest = sorted(mine, key=lambda one: one.started_at, reverse=True)
        return history_of(
            [Run(one.started_at, None if one.episode is None else one.episode.ending) for one in newest], now
        )


def is_on(plan: Plan, targets: Collection[TargetName], steps: Mapping[tuple[PlanId, int], JournalRow]) -> bool:
    """Return whether the plan's run is on one of the targets: its subject, or what a step of it may have changed."""
    rows = (steps.get((plan.id, step.index)) for step in plan.steps if step.target in targets)
    return plan.target in targets or any(row is not None and row.state not in UNTOUCHED for row in rows)


DEFINITION = implements(Journal)(MemoryJournal)
