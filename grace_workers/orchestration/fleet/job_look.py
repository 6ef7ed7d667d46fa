"""A look at one running job: where its thread is now, and how much memory its process has. Made only on request."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from pydantic import Field

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import Job, JobState
from grace_workers.orchestration.stores import Ledger

MOST_FRAMES = 60
LONGEST_NAME = 500


class StackFrame(Document):
    """One call. It has no values, because a local variable may be a secret."""

    file: Annotated[str, Field(max_length=LONGEST_NAME)]
    line: int
    function: Annotated[str, Field(max_length=LONGEST_NAME)]


class StackTaken(Document):
    """A worker's answer: the newest call first, how many older ones are left out, and its memory in bytes.

    There are no frames if the process cannot report them, for example because it is stopped.
    """

    pid: int
    memory: int
    frames: Annotated[list[StackFrame], Field(max_length=MOST_FRAMES)]
    left_out: int


class JobStacks(Protocol):
    """What asks the worker that runs a job."""

    def take(self, job: Job, owner: InstanceName) -> StackTaken | None:
        """Return where the job is; None if the worker does not run this attempt. Raises TransientError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLook:
    """What a running job did at a moment."""

    job: JobId
    name: str
    instance: InstanceName
    attempt: int
    started_at: datetime
    looked_at: datetime
    pid: int
    memory: int
    frames: Sequence[StackFrame]
    left_out: int

    @property
    def ran_for(self) -> timedelta:
        """How long this attempt had run."""
        return self.looked_at - self.started_at


def look(ledger: Ledger, clock: Clock, stacks: JobStacks, wanted: JobId) -> JobLook:
    """Ask the node that runs the job.

    Raises:
        NotFoundError: there is no such job.
        ConflictError: it does not run, or ended meanwhile.
        TransientError: the node did not answer.
    """
    before = _read(ledger, wanted)
    if before.state is not JobState.RUNNING or before.owner is None or before.started_at is None:
        raise ConflictError(f"job {wanted} does not run: it is {before.state}; only a running job has a stack")
    taken, now = stacks.take(before, before.owner), clock.now()
    after = _read(ledger, wanted)
    if (after.state, after.attempt) != (before.state, before.attempt):
        raise ConflictError(f"attempt {before.attempt} of job {wanted} ended meanwhile: the job is {after.state}")
    if taken is None:
        raise ConflictError(
            f"{before.owner} does not run attempt {before.attempt} of job {wanted} at this moment; "
            "it starts, ends, or its process was lost: look again"
        )
    return JobLook(
        job=wanted,
        name=before.name,
        instance=before.owner,
        attempt=before.attempt,
        started_at=before.started_at,
        looked_at=now,
        pid=taken.pid,
        memory=taken.memory,
        frames=taken.frames,
        left_out=taken.left_out,
    )


def thread_name(job: str, attempt: int) -> str:
    """Return the name of the thread that runs this attempt."""
    return f"job {job} attempt {attempt}"


@contextmanager
def named_thread(job: str, attempt: int) -> Iterator[None]:
    """Name this thread by the attempt that it runs, so that a look finds it."""
    thread = threading.current_thread()
    before, thread.name = thread.name, thread_name(job, attempt)
    try:
        yield
    finally:
        thread.name = before


def _read(ledger: Ledger, wanted: JobId) -> Job:
    with ledger.transaction() as tx:
        return tx.jobs.get(wanted)
