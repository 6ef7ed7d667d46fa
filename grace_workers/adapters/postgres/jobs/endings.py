"""Recording how a job ended: one statement writes the ending, its audit entry and its event, and frees the slots.

It is fenced by attempt and owner. Every calling thread has its own audit stream, so a fenced ending leaves no gap in
any stream. Threads use separate connections, so the server commits their endings together.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from grace_workers.adapters.postgres.jobs.autocommit import AutocommitConnections, Prepared
from grace_workers.adapters.postgres.jobs.rows import FREED, checked_json, loaded, moment_of, time_of
from grace_workers.audit import Entry, write
from grace_workers.orchestration.events.mesh import draft
from grace_workers.orchestration.events.topics.job_ended import DEFINITION as JOB_ENDED
from grace_workers.orchestration.events.topics.job_ended import job_ended
from grace_workers.orchestration.job import Claim, Ending, Job, settle

# One text parameter for all values: fifteen parameters would cost more than the statement itself.
_RECORD = Prepared(
    "grace_record",
    f"""
WITH changed AS (
    UPDATE jobs j SET state = w.state, settled_attempt = j.attempt, result = w.result::json, error = w.error,
        owner = CASE WHEN w.wait IS NULL THEN j.owner END,
        ended_at = CASE WHEN w.wait IS NULL THEN clock_timestamp() END,
        due_at = coalesce(clock_timestamp() + w.wait, j.due_at),
        ring_at = clock_timestamp() + w.wait
    FROM json_to_record($1::json) AS w (id uuid, attempt integer, owner text, state text, result text, error text,
        wait interval, entry text, data text, salt text, event uuid, topic text, key text, body text)
    WHERE j.id = w.id AND j.attempt = w.attempt AND j.owner = w.owner AND j.state = 'running'
    RETURNING j.id, j.ended_at, j.due_at, w.entry, w.data, w.salt, w.event, w.topic, w.key, w.body
), freed AS ({FREED}), noted AS (
    INSERT INTO audit_inbox (entry, data, salt)
    SELECT entry::json, data::json, decode(salt, 'hex') FROM changed WHERE entry IS NOT NULL
), told AS (
    INSERT INTO event_outbox (id, topic, key, body)
    SELECT event, topic, key, body::json FROM changed WHERE event IS NOT NULL
)
SELECT json_build_array(ended_at, due_at) FROM changed
""",  # noqa: S608 - only constants are put in
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """When the job ended, or when it is due again."""

    ended_at: datetime | None
    due_at: datetime


def record(connections: AutocommitConnections, values: Mapping[str, Any], entry: Entry | None) -> Recorded | None:
    """Record one ending with its audit entry; None when the claim is fenced.

    After a database error it is unknown whether it was recorded; the thread then begins a new audit stream.
    """
    written = None if entry is None else write(entry, connections.stream)
    if written is not None:
        values = {
            **values,
            "entry": written.envelope.decode(),
            "data": None if written.data is None else written.data.decode(),
            "salt": None if written.salt is None else written.salt.hex(),
        }
    try:
        rows = connections.ask(_RECORD, json.dumps(values, default=str))
    except BaseException:
        connections.leave_stream()
        raise
    if not rows:
        return None
    if written is not None:
        connections.stream = connections.stream.after(written.envelope)
    ended_at, due_at = loaded(rows[0])
    return Recorded(time_of(ended_at), moment_of(due_at))


def finish_values(claim: Claim, ending: Ending, wait: timedelta) -> Mapping[str, Any]:
    """Return the values of an ending; `wait` is the time before another attempt.

    Raises:
        InputError: the result is not JSON.
    """
    settlement = settle(claim.job, ending, wait)
    return {
        "id": claim.job.id,
        "attempt": claim.attempt,
        "owner": claim.instance,
        "state": settlement.state.value,
        "result": None if settlement.result is None else checked_json(settlement.result, "a job's result"),
        "error": None if settlement.error is None else _storable(settlement.error),
        "wait": settlement.wait,
    }


def told(job: Job) -> Mapping[str, Any]:
    """Return the values of the event that reports how a job ended; none for an ending that is not published."""
    body = job_ended(job)
    if body is None:
        return {}
    made = draft(JOB_ENDED, body)
    return {"event": made.id, "topic": made.topic, "key": made.key, "body": made.body}


def _storable(text: str) -> str:
    """Return `text` without what PostgreSQL cannot hold: U+0000 and lone surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
