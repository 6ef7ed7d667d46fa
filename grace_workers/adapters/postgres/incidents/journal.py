"""Runs, the targets they hold, and their steps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from grace_workers.adapters.postgres.incidents.documents import stored
from grace_workers.adapters.postgres.statement import json_text, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.ids import IncidentId, JobId, PlanId, TargetName
from grace_workers.governance import History
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.dossier import JournalRow, StepState
from grace_workers.orchestration.stores.history import LOOK_BACK, Run, history_of
from grace_workers.orchestration.stores.journal import Journal
from grace_workers.orchestration.stores.store import implements
from grace_workers.playbooks import Plan

_TAKEN = "SELECT FROM run_holds WHERE target = ANY(%(held)s::text[]) AND plan <> %(plan)s LIMIT 1"

_BEGIN = """
INSERT INTO runs (plan, incident, playbook, target, started_at)
VALUES (%(plan)s, %(incident)s, %(playbook)s, %(target)s, %(at)s) ON CONFLICT (plan) DO NOTHING
"""

_TAKE = """
INSERT INTO run_holds AS h (target, plan) VALUES (%(target)s, %(plan)s)
ON CONFLICT (target) DO UPDATE SET plan = excluded.plan WHERE h.plan = excluded.plan RETURNING target
"""

_LET_GO = "DELETE FROM run_holds WHERE plan = %(plan)s"

_DROP = "DELETE FROM runs WHERE plan = %(plan)s"

_END = "UPDATE runs SET ended_at = %(at)s, ending = %(ending)s, episode = %(episode)s::json WHERE plan = %(plan)s"

_JOB_OF = "SELECT job FROM runs WHERE plan = %(plan)s FOR NO KEY UPDATE"

_RUNS = "SELECT FROM jobs WHERE id = %(job)s AND state = 'running'"

_SEIZE = "UPDATE runs SET job = %(job)s WHERE plan = %(plan)s"

_ROWS = """
SELECT index, step, primitive, target, state, idempotency_key, attempt, snapshot, outcome, updated_at
FROM steps WHERE plan = %(plan)s ORDER BY index
"""

_WRITE = """
INSERT INTO steps (plan, index, step, primitive, target, state, idempotency_key, attempt, snapshot, outcome, updated_at)
VALUES (%(plan)s, %(index)s, %(step)s, %(primitive)s, %(target)s, %(state)s, %(idempotency_key)s, %(attempt)s,
    %(snapshot)s::json, %(outcome)s::json, %(updated_at)s)
ON CONFLICT (plan, index) DO UPDATE SET step = excluded.step, primitive = excluded.primitive,
    target = excluded.target, state = excluded.state, idempotency_key = excluded.idempotency_key,
    attempt = excluded.attempt, snapshot = excluded.snapshot, outcome = excluded.outcome,
    updated_at = excluded.updated_at
"""

_HISTORY = """
SELECT started_at, ending FROM runs WHERE playbook = %(playbook)s AND target = %(target)s
ORDER BY started_at DESC LIMIT %(most)s
"""

_BUSY = "SELECT h.target FROM run_holds h JOIN runs r ON r.plan = h.plan WHERE r.incident <> %(incident)s"


class PostgresJournal:
    """Implements `stores.Journal`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, plan: Plan, incident: IncidentId, at: datetime) -> bool:
        """Record that the plan's run begins; False, and nothing written, when another run holds one of its targets."""
        held = sorted({TargetName(plan.target), *plan.targets})
        mine = {"plan": plan.id}
        if one(self._connection, _TAKEN, {**mine, "held": held}) is not None:
            return False
        values = {**mine, "incident": incident, "playbook": plan.playbook, "target": plan.target, "at": at}
        run(self._connection, _BEGIN, values)
        for target in held:
            if one(self._connection, _TAKE, {**mine, "target": target}) is None:
                run(self._connection, _LET_GO, mine)
                run(self._connection, _DROP, mine)
                return False
        return True

    def end(self, plan: PlanId, episode: Episode) -> None:
        """Record how the run ended, and free its targets."""
        told = json_text(stored(Episode, episode))
        values = {"plan": plan, "at": episode.at, "ending": episode.ending.value, "episode": told}
        run(self._connection, _END, values)
        run(self._connection, _LET_GO, {"plan": plan})

    def seize(self, plan: PlanId, job: JobId) -> bool:
        """Make the run this job's; False when a running job of another id has it."""
        found = one(self._connection, _JOB_OF, {"plan": plan})
        if found is None or found[0] == job:
            return found is not None
        # Only now, under the lock: what another job took it for is committed and seen.
        if one(self._connection, _RUNS, {"job": found[0]}) is not None:
            return False
        run(self._connection, _SEIZE, {"plan": plan, "job": job})
        return True

    def rows(self, plan: PlanId) -> Sequence[JournalRow]:
        """Return the plan's steps, in order."""
        return [_row(row) for row in many(self._connection, _ROWS, {"plan": plan})]

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
            "snapshot": json_text(dict(row.snapshot)),
            "outcome": None if row.outcome is None else json_text(dict(row.outcome)),
            "updated_at": row.updated_at,
        }
        run(self._connection, _WRITE, values)

    def history(self, playbook: str, target: TargetName, now: datetime) -> History:
        """Return what the playbook did on the target before; the last 200 runs count."""
        rows = many(self._connection, _HISTORY, {"playbook": playbook, "target": target, "most": LOOK_BACK})
        return history_of([Run(began, None if ending is None else Ending(ending)) for began, ending in rows], now)

    def busy(self, *, other_than: IncidentId) -> frozenset[TargetName]:
        """Return the targets that runs of other incidents hold."""
        return frozenset(TargetName(row[0]) for row in many(self._connection, _BUSY, {"incident": other_than}))


def _row(row: Sequence[Any]) -> JournalRow:
    index, step, primitive, target, state, idempotency_key, attempt, snapshot, outcome, updated_at = row
    return JournalRow(
        index=index,
        step=step,
        primitive=primitive,
        target=target,
        state=StepState(state),
        idempotency_key=idempotency_key,
        attempt=attempt,
        snapshot=snapshot,
        outcome=outcome,
        updated_at=updated_at,
    )


def _make(tx: PostgresTransaction) -> PostgresJournal:
    return PostgresJournal(tx.connection)


DEFINITION = implements(Journal)(_make)
