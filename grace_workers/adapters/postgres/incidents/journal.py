"""Runs, the targets they hold, and their steps."""

from collections.abc import Collection, Sequence
from datetime import datetime

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.incidents.documents import stored
from grace_workers.adapters.postgres.statement import json_text, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.ids import IncidentId, JobId, PlanId, TargetName
from grace_workers.governance import History
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.dossier import JournalRow
from grace_workers.orchestration.stores.history import LOOK_BACK, Run, history_of
from grace_workers.orchestration.stores.journal import Journal
from grace_workers.orchestration.stores.store import implements
from grace_workers.playbooks import Plan

_TAKEN = "SELECT FROM run_holds WHERE target = ANY(%(held)s::text[]) AND plan <> %(plan)s LIMIT 1"

_BEGIN = """
INSERT INTO runs (plan, incident, playbook, target, domain, started_at, scopes, automatic)
VALUES (%(plan)s, %(incident)s, %(playbook)s, %(target)s, %(domain)s, %(at)s, %(scopes)s, %(automatic)s)
ON CONFLICT (plan) DO NOTHING
"""

_TAKE = """
INSERT INTO run_holds AS h (target, plan) VALUES (%(target)s, %(plan)s)
ON CONFLICT (target) DO UPDATE SET plan = excluded.plan WHERE h.plan = excluded.plan RETURNING target
"""

_LET_GO = "DELETE FROM run_holds WHERE plan = %(plan)s"

_DROP = "DELETE FROM runs WHERE plan = %(plan)s"

_END = "UPDATE runs SET ended_at = %(at)s, ending = %(ending)s, episode = %(episode)s::json WHERE plan = %(plan)s"

_AMEND = """
UPDATE runs SET ending = %(ending)s, episode = (episode::jsonb || jsonb_build_object('ending', %(ending)s::text))::json
WHERE plan = %(plan)s AND episode IS NOT NULL
"""

_JOB_OF = "SELECT job FROM runs WHERE plan = %(plan)s FOR NO KEY UPDATE"

_RUNS = "SELECT FROM jobs WHERE id = %(job)s AND state = 'running'"

_SEIZE = "UPDATE runs SET job = %(job)s WHERE plan = %(plan)s"

_STEP = Columns(JournalRow)

_ROWS = f"SELECT {_STEP} FROM steps WHERE plan = %(plan)s ORDER BY index"  # noqa: S608 - only constants are put in

_WRITE = f"""
INSERT INTO steps (plan, {_STEP}) VALUES (%(plan)s, {_STEP.marks})
ON CONFLICT (plan, index) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _STEP.names[1:])}
"""  # noqa: S608

ON_TARGETS = """(target = ANY(%(targets)s::text[]) OR EXISTS (
    SELECT FROM steps WHERE steps.plan = runs.plan AND steps.target = ANY(%(targets)s::text[])
        AND steps.state NOT IN ('snapshotted', 'skipped')))"""
"""Whether a row of `runs` is of a run on one of the targets: its subject, or what a step of it may have changed."""

# Each half has its index; one condition for both would read every run of the playbook.
_HISTORY = """
SELECT started_at, ending FROM (
    (SELECT plan, started_at, ending FROM runs WHERE playbook = %(playbook)s AND target = ANY(%(targets)s::text[])
    ORDER BY started_at DESC LIMIT %(most)s)
    UNION
    (SELECT plan, started_at, ending FROM steps JOIN runs USING (plan) WHERE playbook = %(playbook)s
        AND steps.target = ANY(%(targets)s::text[]) AND state NOT IN ('snapshotted', 'skipped')
    ORDER BY started_at DESC LIMIT %(most)s)
) AS found ORDER BY started_at DESC LIMIT %(most)s
"""

BUSY = "SELECT h.target FROM run_holds h JOIN runs r ON r.plan = h.plan WHERE r.incident <> %(incident)s"


class PostgresJournal(PostgresStore, Journal):
    """Implements `stores.Journal`."""

    def begin(
        self,
        plan: Plan,
        incident: IncidentId,
        at: datetime,
        *,
        scopes: Collection[str] = (),
        automatic: bool = False,
    ) -> bool:
        held = sorted({TargetName(plan.target), *plan.targets})
        mine = {"plan": plan.id}
        if one(self._connection, _TAKEN, {**mine, "held": held}) is not None:
            return False
        values = {
            **mine,
            "incident": incident,
            "playbook": plan.playbook,
            "target": plan.target,
            "domain": plan.domain.value,
            "at": at,
            "scopes": sorted(scopes),
            "automatic": automatic,
        }
        run(self._connection, _BEGIN, values)
        for target in held:
            if one(self._connection, _TAKE, {**mine, "target": target}) is None:
                run(self._connection, _LET_GO, mine)
                run(self._connection, _DROP, mine)
                return False
        return True

    def end(self, plan: PlanId, episode: Episode) -> None:
        told = json_text(stored(Episode, episode))
        values = {"plan": plan, "at": episode.at, "ending": episode.ending.value, "episode": told}
        run(self._connection, _END, values)
        run(self._connection, _LET_GO, {"plan": plan})

    def amend(self, plan: PlanId, ending: Ending) -> None:
        run(self._connection, _AMEND, {"plan": plan, "ending": ending.value})

    def seize(self, plan: PlanId, job: JobId) -> bool:
        found = one(self._connection, _JOB_OF, {"plan": plan})
        if found is None or found[0] == job:
            return found is not None
        # Only now, under the lock, is another job's claim to the run committed and visible.
        if one(self._connection, _RUNS, {"job": found[0]}) is not None:
            return False
        run(self._connection, _SEIZE, {"plan": plan, "job": job})
        return True

    def rows(self, plan: PlanId) -> Sequence[JournalRow]:
        return [_STEP.read(row) for row in many(self._connection, _ROWS, {"plan": plan})]

    def write(self, plan: PlanId, row: JournalRow) -> None:
        run(self._connection, _WRITE, {"plan": plan, **_STEP.values(row)})

    def history(self, playbook: str, targets: Collection[TargetName], now: datetime) -> History:
        values = {"playbook": playbook, "targets": sorted(targets), "most": LOOK_BACK}
        rows = many(self._connection, _HISTORY, values)
        return history_of([Run(began, None if ending is None else Ending(ending)) for began, ending in rows], now)


DEFINITION = implements(Journal)(PostgresJournal)
