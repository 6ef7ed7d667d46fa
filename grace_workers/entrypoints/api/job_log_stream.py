"""The stream of a job's log lines: server-sent events until the job has ended and its last lines are sent."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grace_workers.entrypoints.api.views.job_log import JobLogLineView
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import JobId
from grace_workers.orchestration.fleet.job_log import JobLogLine, JobLogs
from grace_workers.orchestration.stores import Ledger

_LOOK_EVERY = 0.3
_BEAT_EVERY = 5.0
_LONGEST = 300.0
_LAST_LINES_WITHIN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLogQuery:
    """What a stream reads: the lines of one job after a position, or its newest ones and all that follow."""

    ledger: Ledger
    logs: JobLogs
    job: JobId
    after: str | None

    def lines(self) -> Iterator[str]:
        """Yield the stream's text until the job has ended, or it was open long enough, or a store is unreachable."""
        position, began = self.after, time.monotonic()
        spoke, ended = began, None
        yield "retry: 1000\n\n"
        while time.monotonic() - began < _LONGEST:
            try:
                state = self._state()
                found = self.logs.read(self.job, after=position)
            except TransientError:
                # The client reconnects with the last id it saw.
                return
            if found:
                position, spoke = found[-1].position, time.monotonic()
                yield "".join(map(_told, found))
            elif state is None:
                ended = None
            elif ended is None:
                ended = time.monotonic()
            # A worker hands its lines on in batches, so the last ones come after the job has ended.
            elif time.monotonic() - ended >= _LAST_LINES_WITHIN:
                yield f"event: ended\ndata: {json.dumps({'state': state})}\n\n"
                return
            if time.monotonic() - spoke >= _BEAT_EVERY:
                yield ": beat\n\n"
                spoke = time.monotonic()
            else:
                yield ""
            time.sleep(_LOOK_EVERY)

    def _state(self) -> str | None:
        """Return the state of a job that has ended, None for an open one."""
        with self.ledger.reading() as tx:
            state = tx.jobs.get(self.job).state
        return state.value if state.ended else None


def _told(line: JobLogLine) -> str:
    data = json.dumps(JobLogLineView.of(line).model_dump(mode="json"))
    return f"id: {line.position}\nevent: line\ndata: {data}\n\n"


def newest(lines: Sequence[JobLogLine]) -> str | None:
    """Return the position of the newest of these lines."""
    return lines[-1].position if lines else None
