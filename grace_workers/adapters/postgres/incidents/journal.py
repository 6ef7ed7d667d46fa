"""Runs, the targets they hold, and their steps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from grace_workers.adapters.postgres.incidents.documents import stored
from grace_workers.adapters.postgres.schema.jobs import jobs
from grace_workers.adapters.postgres.schema.line import run_holds, runs, steps
from grace_workers.foundation.ids import IncidentId, JobId, PlanId, TargetName
from grace_workers.governance import History
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.dossier import JournalRow, StepState
from grace_workers.orchestration.history import LOOK_BACK, Run, history_of
from grace_workers.orchestration.jobs import JobState
from grace_workers.playbooks import Plan


class PostgresJournal:
    """Implements `stores.Journal`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, plan: Plan, incident: IncidentId, at: datetime) -> bool:
        """Record that the plan's run begins; False, and nothing written, when another run holds one of its targets."""
        held = {TargetName(plan.target), *plan.targets}
        taken = select(run_holds.c.target).where(run_holds.c.target.in_(sorted(held)), run_holds.c.plan != plan.id)
        if self._connection.execute(taken).first() is not None:
            return False
        values = {
            "plan": plan.id,
            "incident": incident,
            "playbook": plan.playbook,
            "target": plan.target,
            "started_at": at,
        }
        self._connection.execute(insert(runs).values(**values).on_conflict_do_nothing(index_elements=["plan"]))
        for target in sorted(held):
            hold = insert(run_holds).values(target=target, plan=plan.id)
            hold = hold.on_conflict_do_update(
                index_elements=["target"], set_={"plan": plan.id}, where=run_holds.c.plan == plan.id
            )
            if self._connection.execute(hold.returning(run_holds.c.target)).first() is None:
                return self._release(plan.id)
        return True

    def _release(self, plan: PlanId) -> bool:
        self._connection.execute(delete(run_holds).where(run_holds.c.plan == plan))
        self._connection.execute(delete(runs).where(runs.c.plan == plan))
        return False

    def end(self, plan: PlanId, episode: Episode) -> None:
        """Record how the run ended, and free its targets."""
        self._connection.execute(
            update(runs)
            .where(runs.c.plan == plan)
            .values(ended_at=episode.at, ending=episode.ending.value, episode=stored(Episode, episode))
        )
        self._connection.execute(delete(run_holds).where(run_holds.c.plan == plan))

    def seize(self, plan: PlanId, job: JobId) -> bool:
        """Make the run this job's; False when a running job of another id has it."""
        mine = select(runs.c.job).where(runs.c.plan == plan).with_for_update(key_share=True)
        found = self._connection.execute(mine).first()
        if found is None or found.job == job:
            return found is not None
        # Only now, under the lock: what another job took it for is committed and seen.
        running = select(jobs.c.id).where(jobs.c.id == found.job, jobs.c.state == JobState.RUNNING.value)
        if self._connection.execute(running).first() is not None:
            return False
        self._connection.execute(update(runs).where(runs.c.plan == plan).values(job=job))
        return True

    def rows(self, plan: PlanId) -> Sequence[JournalRow]:
        """Return the plan's steps, in order."""
        query = select(steps).where(steps.c.plan == plan).order_by(steps.c.index)
        return [_row(row) for row in self._connection.execute(query)]

    def write(self, plan: PlanId, row: JournalRow) -> None:
        """Insert or replace one step's row."""
        values = {
            "plan": plan,
            "index": row.index,
            "step": row.step,
            "primitive": row.primitive,
            "target": row.target,
            "state": row.state.value,
            "idempotency_key": row.idempotency_key,
            "attempt": row.attempt,
            "snapshot": dict(row.snapshot),
            "outcome": None if row.outcome is None else dict(row.outcome),
            "updated_at": row.updated_at,
        }
        statement = insert(steps).values(**values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["plan", "index"], set_=values))

    def history(self, playbook: str, target: TargetName, now: datetime) -> History:
        """Return what the playbook did on the target before; the last 200 runs count."""
        query = select(runs.c.started_at, runs.c.ending).where(runs.c.playbook == playbook, runs.c.target == target)
        newest = self._connection.execute(query.order_by(runs.c.started_at.desc()).limit(LOOK_BACK))
        return history_of(
            [Run(row.started_at, None if row.ending is None else Ending(row.ending)) for row in newest], now
        )

    def busy(self, *, other_than: IncidentId) -> frozenset[TargetName]:
        """Return the targets that runs of other incidents hold."""
        query = select(run_holds.c.target).join(runs, runs.c.plan == run_holds.c.plan)
        rows = self._connection.execute(query.where(runs.c.incident != other_than))
        return frozenset(TargetName(row.target) for row in rows)


def _row(row: Any) -> JournalRow:
    return JournalRow(
        index=row.index,
        step=row.step,
        primitive=row.primitive,
        target=row.target,
        state=StepState(row.state),
        idempotency_key=row.idempotency_key,
        attempt=row.attempt,
        snapshot=row.snapshot,
        outcome=row.outcome,
        updated_at=row.updated_at,
    )
