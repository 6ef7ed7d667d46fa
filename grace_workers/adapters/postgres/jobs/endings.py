"""Recording how jobs ended: what several threads have to record at one moment is one statement and one commit.

The statement is fenced for each job by itself and writes the job's audit entry and event with it. Every thread's
entries stand in the thread's own stream, so an ending that is fenced leaves no gap in anybody's.
"""

import json
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from grace_workers.adapters.postgres.jobs.rows import FREED, loaded, moment_of, time_of
from grace_workers.adapters.postgres.jobs.seat import Prepared, Seats
from grace_workers.audit import Entry, Written, write

_MOST = 16
_COLUMNS = """id uuid, attempt integer, owner text, state text, result text, error text, wait interval, entry text,
    data text, salt text, event uuid, topic text, key text, body text"""

# One text parameter for all endings: arrays of ten columns would cost more than the statement itself. The planner
# takes the first form for one row and the second for 16, so either finds its jobs by their key.
_ONE = f"SELECT * FROM json_to_record($1::json) AS w ({_COLUMNS})"  # noqa: S608 - only constants are put in
_SEVERAL = f"SELECT * FROM json_to_recordset($1::json) AS w ({_COLUMNS}) LIMIT {_MOST}"  # noqa: S608

_RECORD = f"""
WITH held AS (
    SELECT w.* FROM ({{endings}}) w
    JOIN jobs j ON j.id = w.id AND j.attempt = w.attempt AND j.owner = w.owner
    FOR NO KEY UPDATE OF j {{others}}
), changed AS (
    UPDATE jobs j SET state = held.state, settled_attempt = j.attempt, result = held.result::json, error = held.error,
        owner = CASE WHEN held.wait IS NULL THEN j.owner END,
        ended_at = CASE WHEN held.wait IS NULL THEN clock_timestamp() END,
        due_at = coalesce(clock_timestamp() + held.wait, j.due_at),
        ring_at = clock_timestamp() + held.wait
    FROM held
    WHERE j.id = held.id AND j.attempt = held.attempt AND j.owner = held.owner AND j.state = 'running'
    RETURNING j.id, j.ended_at, j.due_at, held.entry, held.data, held.salt, held.event, held.topic, held.key, held.body
), freed AS ({FREED}), noted AS (
    INSERT INTO audit_inbox (entry, data, salt)
    SELECT entry::json, data::json, decode(salt, 'hex') FROM changed WHERE entry IS NOT NULL
), told AS (
    INSERT INTO event_outbox (id, topic, key, body)
    SELECT event, topic, key, body::json FROM changed WHERE event IS NOT NULL
)
SELECT json_build_array(id, ended_at, due_at) FROM changed
"""  # noqa: S608 - only constants are put in

# Together, nobody waits for a row that somebody else has locked; its ending is then recorded alone, and waits.
_TOGETHER = Prepared("grace_record_together", _RECORD.format(endings=_SEVERAL, others="SKIP LOCKED"))
_ONE_OF_MANY = Prepared("grace_record_one", _RECORD.format(endings=_ONE, others="SKIP LOCKED"))
_ALONE = Prepared("grace_record_alone", _RECORD.format(endings=_ONE, others=""))


@dataclass(frozen=True, slots=True)
class Recorded:
    """When the job ended, or when it is due again."""

    ended_at: datetime | None
    due_at: datetime


@dataclass(slots=True)
class _Wanted:
    """One ending on its way. `carried`: a statement has had it; `in_doubt`: and may have committed, or not."""

    values: Mapping[str, Any]
    written: Written | None
    recorded: Recorded | None = None
    carried: bool = False
    in_doubt: bool = False


class Endings:
    """Records endings for all threads of a process, each call as soon as the statement before it has ended."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._waiting: deque[_Wanted] = deque()
        self._turn = threading.Lock()

    def record(self, values: Mapping[str, Any], entry: Entry | None) -> Recorded | None:
        """Record one ending with its audit entry; None when the claim is fenced.

        An error of the database leaves open whether it was recorded.
        """
        wanted = self._write(values, entry)
        self._waiting.append(wanted)
        with self._turn:
            # Whoever had the turn before may have taken this one along.
            if not wanted.carried:
                self._carry_all()
        if wanted.recorded is None:
            if wanted.in_doubt:
                self._seats.leave_stream()
                wanted = self._write(values, entry)
            self._alone(wanted)
        if wanted.recorded is not None and wanted.written is not None:
            self._seats.stream = self._seats.stream.after(wanted.written.envelope)
        return wanted.recorded

    def _write(self, values: Mapping[str, Any], entry: Entry | None) -> _Wanted:
        if entry is None:
            return _Wanted(values, None)
        written = write(entry, self._seats.stream)
        texts = {
            "entry": written.envelope.decode(),
            "data": None if written.data is None else written.data.decode(),
            "salt": None if written.salt is None else written.salt.hex(),
        }
        return _Wanted({**values, **texts}, written)

    def _carry_all(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST))]
        for wanted in batch:
            wanted.carried = wanted.in_doubt = True
        try:
            self._run(_ONE_OF_MANY if len(batch) == 1 else _TOGETHER, batch)
        except (psycopg.Error, SQLAlchemyError):
            # Each thread now tries its own ending alone, where the error shows whose it is.
            return
        for wanted in batch:
            wanted.in_doubt = False

    def _alone(self, wanted: _Wanted) -> None:
        try:
            self._run(_ALONE, [wanted])
        except BaseException:
            self._seats.leave_stream()
            raise

    def _run(self, statement: Prepared, batch: Sequence[_Wanted]) -> None:
        values = [wanted.values for wanted in batch]
        endings = json.dumps(values if statement is _TOGETHER else values[0], default=str)
        found = {id_: (ended_at, due_at) for id_, ended_at, due_at in map(loaded, self._seats.ask(statement, endings))}
        for wanted in batch:
            if (times := found.get(str(wanted.values["id"]))) is not None:
                wanted.recorded = Recorded(time_of(times[0]), moment_of(times[1]))
