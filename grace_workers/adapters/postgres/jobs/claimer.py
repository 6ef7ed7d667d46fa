"""Taking and releasing jobs for an instance, through short outages of the database."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from psycopg import sql
from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.jobs.autocommit import AutocommitConnections, Prepared
from grace_workers.adapters.postgres.jobs.endings import finish_values, record, told
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.jobs.rows import JOB, OWNER_LIVES, loaded, unknown
from grace_workers.adapters.postgres.jobs.slots import limits_values, next_bells
from grace_workers.adapters.postgres.jobs.store import tell_end
from grace_workers.adapters.postgres.jobs.takeover import give_back, is_held, put_back
from grace_workers.adapters.postgres.jobs.tuned import UNTOUCHED, Levers
from grace_workers.adapters.postgres.statement import one
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.audit import Entry
from grace_workers.fleet import InstanceHealth
from grace_workers.foundation.backoff import backoff, jittered
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import (
    FIRST_RETRY,
    Claim,
    Ending,
    HeldError,
    Job,
    JobState,
    Pool,
    SlotLimits,
    entry_of,
    exhausted,
    require_pool,
    retry_wait,
)
from grace_workers.orchestration.ports import JobClaimer

T = TypeVar("T")

_FIRST_PAUSE = timedelta(milliseconds=50)
_LONGEST_PAUSE = timedelta(milliseconds=500)

# One statement claims, so a claim is one round trip and one commit. A slot is taken with SKIP LOCKED, so claims of
# different jobs never wait for each other; a job that finds none is marked and goes back to the outbox.
_CLAIM = f"""
WITH wanted AS (
    SELECT j.id, j.pool, j.priority, j.only_on FROM jobs j
    WHERE j.id = $1::uuid AND j.state = 'queued' AND j.due_at <= clock_timestamp()
        AND ($5::text = '' OR j.pool = $5::text)
        AND j.attempt - j.attempts_before < j.max_attempts
        AND EXISTS (SELECT FROM instances i WHERE i.name = $2::text AND i.died_at IS NULL AND i.left_at IS NULL
            AND CASE WHEN j.only_on IS NULL THEN i.health IN ('healthy', 'degraded')
                ELSE j.only_on = i.name AND i.health <> 'draining' END)
    FOR NO KEY UPDATE
), need AS (
    SELECT w.pool, l.most + e.extra AS most, {{total}} + e.extra * cardinality({{limited}}::text[]) AS total
    FROM wanted w JOIN unnest({{limited}}::text[], {{limits}}::integer[]) AS l (pool, most)
            ON l.pool = w.pool AND w.only_on IS NULL,
        LATERAL (SELECT CASE WHEN w.priority >= {{express}} THEN {{extra}} ELSE 0 END AS extra) e
), pool_slot AS (
    SELECT s.scope, s.number FROM slots s
    WHERE s.scope = (SELECT pool FROM need) AND s.number <= (SELECT most FROM need) AND s.job_id IS NULL
    ORDER BY s.number LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
), agents_slot AS (
    SELECT s.scope, s.number FROM slots s
    WHERE EXISTS (SELECT FROM pool_slot) AND s.scope = 'agents' AND s.number <= (SELECT total FROM need)
        AND s.job_id IS NULL
    ORDER BY s.number LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
), taken AS (
    UPDATE slots s SET job_id = $1::uuid
    FROM (SELECT * FROM pool_slot UNION ALL SELECT * FROM agents_slot) t
    WHERE EXISTS (SELECT FROM agents_slot) AND s.scope = t.scope AND s.number = t.number
    RETURNING s.number
), verdict AS MATERIALIZED (
    SELECT w.id, NOT EXISTS (SELECT FROM need) OR EXISTS (SELECT FROM taken) AS granted FROM wanted w
)
UPDATE jobs j SET state = CASE WHEN granted THEN 'running' ELSE 'queued' END, attempt = j.attempt + granted::integer,
    owner = CASE WHEN granted THEN $2::text END, nonce = $3::uuid,
    bell = nullif($4::text, '')::uuid, session = pg_backend_pid(),
    owner_epoch = (SELECT epoch FROM instances WHERE name = $2::text),
    started_at = CASE WHEN granted THEN clock_timestamp() ELSE j.started_at END,
    ring_at = CASE WHEN granted THEN NULL ELSE clock_timestamp() END, waiting_slot = NOT granted
FROM verdict WHERE j.id = verdict.id
RETURNING json_build_array({JOB})
"""  # noqa: S608 - only constants are put in

_WHY_NOT = f"""
SELECT {JOB}, j.nonce, {OWNER_LIVES},
    (SELECT i.health FROM instances i WHERE i.name = %(instance)s AND i.died_at IS NULL AND i.left_at IS NULL)
FROM jobs j WHERE j.id = %(id)s
"""  # noqa: S608

_BURY = f"""
UPDATE jobs j SET state = 'dead', error = %(error)s, ended_at = clock_timestamp(), ring_at = NULL
WHERE j.id = %(id)s AND j.state = 'queued' AND j.attempt = %(attempt)s
RETURNING {JOB}
"""  # noqa: S608

_SETTLED = f"SELECT {JOB}, j.settled_attempt FROM jobs j WHERE j.id = %(id)s"  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """The request for one claim; the nonce lets a retry after a lost answer recognise its own claim."""

    job_id: JobId
    instance: InstanceName
    bell: UUID | None
    pool: Pool | None
    nonce: UUID = field(default_factory=uuid4)

    @property
    def texts(self) -> Sequence[str]:
        """The parameters of the claim's statement."""
        bell, pool = "" if self.bell is None else str(self.bell), "" if self.pool is None else self.pool.value
        return str(self.job_id), self.instance, str(self.nonce), bell, pool


class NotAliveError(TransientError):
    """The claiming instance is not registered or was declared dead; it must leave the doorbell to others."""


class PostgresJobClaimer(JobClaimer):
    """Claims and finishes jobs on its own connections, each call one short transaction.

    A lost connection is retried with pauses of 0.05 to 0.5 s for up to `patience`; a commit whose outcome is
    unclear is looked up, so nothing is claimed or ended twice. With a `ringer`, the job that gets a freed slot is
    rung at once instead of by the relay. Every calling thread keeps one connection of the engine's pool. The `levers`
    may change the limits and the waits.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        limits: SlotLimits | None = None,
        ringer: Ringer | None = None,
        patience: timedelta = timedelta(seconds=15),
        levers: Levers = UNTOUCHED,
    ) -> None:
        self._engine = engine
        self._connections = AutocommitConnections(engine)
        self._usual = limits or SlotLimits()
        self._levers = levers
        self._claim_statement = _claiming(self._usual), self._usual
        self._ringer = ringer
        self._patience = patience

    def claim(
        self, job_id: JobId, instance: InstanceName, *, bell: UUID | None = None, pool: Pool | None = None
    ) -> Claim | None:
        call = _Call(job_id=job_id, instance=instance, bell=bell, pool=pool)
        return self._patiently(lambda: self._claim(call))

    def finish(self, claim: Claim, ending: Ending) -> Job | None:
        job = self._patiently(lambda: self._finish(claim, ending))
        if self._ringer is not None and claim.job.pool in self._usual.per_pool:
            self._ring_next(self._ringer)
        return job

    def give_back(self, job_id: JobId, instance: InstanceName, *, bell: UUID | None = None) -> Job | None:

        def step() -> Job | None:
            with self._engine.begin() as connection:
                job = give_back(PostgresTransaction(connection), job_id, instance, bell)
                if job is None and bell is not None and is_held(connection, job_id, bell):
                    raise HeldError(f"the process that runs job {job_id} is connected")
                return job

        return self._patiently(step)

    def wait_hint(self, attempt: int) -> timedelta:
        return jittered(retry_wait(attempt, first=self._levers.milliseconds("first_retry", FIRST_RETRY)))

    def _patiently(self, step: Callable[[], T]) -> T:
        deadline = time.monotonic() + self._patience.total_seconds()
        turn = 0
        while True:
            turn += 1
            try:
                with translated():
                    return step()
            except (NotAliveError, HeldError):
                raise
            except TransientError:
                pause = jittered(backoff(turn, base=_FIRST_PAUSE, cap=_LONGEST_PAUSE)).total_seconds()
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)

    def _claim(self, call: "_Call") -> Claim | None:
        rows = self._connections.ask(self._claiming(), *call.texts)
        if not rows:
            return self._missed(call)
        job = JOB.parse(loaded(rows[0]))
        return Claim(job=job, instance=call.instance) if job.state is JobState.RUNNING else None

    def _claiming(self) -> Prepared:
        """Return the statement that claims under the limits in force."""
        statement, under = self._claim_statement
        limits = self._levers.limits(self._usual)
        if limits != under:
            statement = _claiming(limits)
            self._claim_statement = statement, limits
        return statement

    def _missed(self, call: "_Call") -> Claim | None:
        instance = call.instance
        row = self._connections.row(_WHY_NOT, {"id": call.job_id, "instance": instance})
        if row is None:
            raise unknown(call.job_id)
        job = JOB.read(row)
        require_pool(job, call.pool)
        held_under, owner_lives, health = row[-3:]
        if health is None:
            raise NotAliveError(f"instance {instance} is not registered or was declared dead; it cannot claim jobs")
        if job.state is JobState.RUNNING and held_under == call.nonce:
            return Claim(job=job, instance=instance)
        if job.state is JobState.RUNNING and not owner_lives and self._take_over():
            return self._claim(call)
        if job.state is JobState.QUEUED and not _may_take(job, instance, InstanceHealth(health)):
            raise NotAliveError(f"instance {instance} is {health}; it does not take this job, other instances do")
        if job.state is JobState.QUEUED and job.tries >= job.max_attempts:
            self._bury(job)
        return None

    def _take_over(self) -> bool:
        with self._engine.begin() as connection:
            return bool(put_back(PostgresTransaction(connection)))

    def _bury(self, job: Job) -> None:
        with self._engine.begin() as connection:
            row = one(connection, _BURY, {"id": job.id, "attempt": job.attempt, "error": exhausted(job)})
            if row is not None:
                dead = JOB.read(row)
                at = dead.ended_at or dead.submitted_at
                tx = PostgresTransaction(connection)
                tx.audit.append(entry_of(dead, "dead", by="grace", at=at, outcome="failed"))
                tell_end(tx.events, dead)

    def _finish(self, claim: Claim, ending: Ending) -> Job | None:
        values = finish_values(claim, ending, self.wait_hint(claim.job.tries))
        after = _after(claim, values)
        recorded = record(self._connections, {**values, **told(after)}, _entry_of(after, claim.instance))
        if recorded is None:
            return self._settled(claim)
        due_at = recorded.due_at if recorded.due_at > after.submitted_at else None
        return replace(after, ended_at=recorded.ended_at, not_before=due_at)

    def _settled(self, claim: Claim) -> Job | None:
        row = self._connections.row(_SETTLED, {"id": claim.job.id})
        if row is None or row[-1] != claim.attempt:
            return None
        return JOB.read(row)

    def _ring_next(self, ringer: Ringer) -> None:
        try:
            with translated(), self._engine.begin() as connection:
                bells = next_bells(connection, lambda: self._levers.limits(self._usual), again=ringer.promise)
        except TransientError:
            # The relay also rings for a freed slot, so the job that just ended must not fail because of this.
            return
        ringer.offer(bells)


def _claiming(limits: SlotLimits) -> Prepared:
    # The limits are part of the text, because they rarely change, and lists are costly as parameters.
    literals = {name: sql.Literal(value).as_string() for name, value in limits_values(limits).items()}
    told = "_".join(str(most) for most in (limits.total, limits.express, *limits.per_pool.values()))
    return Prepared(f"grace_claim_{told}", _CLAIM.format(**literals))


def _may_take(job: Job, instance: InstanceName, health: InstanceHealth) -> bool:
    if job.only_on is None:
        return health.consumes
    # No instance answers a doorbell in the wrong lane; the sweep rings the right one.
    return job.only_on != instance or health is not InstanceHealth.DRAINING


def _after(claim: Claim, values: Mapping[str, Any]) -> Job:
    """Return the job as its ending leaves it, except for the times that only the database knows."""
    result, again = values["result"], values["wait"] is not None
    return replace(
        claim.job,
        state=JobState(values["state"]),
        owner=None if again else claim.instance,
        result=None if result is None else json.loads(result),
        error=values["error"],
    )


def _entry_of(job: Job, instance: InstanceName) -> Entry | None:
    if not job.audited or not job.state.ended:
        return None
    outcome = "ok" if job.state is JobState.SUCCEEDED else "failed"
    return entry_of(job, job.state.value, by=instance, at=datetime.now(UTC), outcome=outcome)
