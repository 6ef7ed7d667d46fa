"""Run a job whose last run failed once more, and remove the failed runs when it has succeeded."""

import time
from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.halt import go_on
from grace_workers.actions.params import Span
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.job_runs import JobRun, JobRuns, RunState, failed_since
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, PermanentError, TransientError
from grace_workers.foundation.ids import uuid7

_EVERY = 0.2
_JOB = BlastRadius(count=1, unit="job", share=1.0)


class RerunParams(Document):
    """The run must end within `patience`. `keep_failed` leaves the failed runs and their logs where they are."""

    patience: Span = timedelta(minutes=10)
    keep_failed: bool = False


class RunsBefore(Document):
    """The failed runs, and the key under which one more run begins once."""

    failed: tuple[str, ...]
    key: str


class RerunJob(Irrevocable[JobRuns, RerunParams, RunsBefore]):
    """Run a job whose last run failed once more, and remove the failed runs when it has succeeded."""

    role = JobRuns
    params = RerunParams
    kept = RunsBefore
    cannot = "what a run has done stays"

    def preview(self, job: JobRuns, params: RerunParams) -> Preview:
        """Name the failed runs, and say how the last one failed."""
        failed = _failed(job)
        why = f" ({failed[0].why})" if failed[0].why else ""
        changes = [f"run the job once more, because run {failed[0].name} failed{why}"]
        if not params.keep_failed:
            changes += [f"remove run {one.name} and its log once that has succeeded" for one in failed[:20]]
        return Preview(changes=tuple(changes), blast=_JOB)

    def snapshot(self, job: JobRuns, params: RerunParams) -> RunsBefore:
        """Keep which runs had failed."""
        del params
        return RunsBefore(failed=tuple(one.name for one in _failed(job)), key=uuid7().hex)

    def apply(self, job: JobRuns, params: RerunParams, before: RunsBefore) -> Outcome:
        """Begin the run, wait for its end, and remove what failed before."""
        begun = job.run_again(before.key)
        ended = _ended(job, begun.name, params.patience)
        if ended.state is RunState.FAILED:
            raise PermanentError(f"run {ended.name} failed as well: {ended.why or 'read its log'}")
        if params.keep_failed:
            return done(f"run {ended.name} has succeeded", run=ended.name)
        for name in before.failed:
            job.remove(name)
        words = f"run {ended.name} has succeeded, and {len(before.failed)} failed runs are removed"
        return done(words, run=ended.name)

    def effect(self, job: JobRuns, params: RerunParams, before: RunsBefore) -> Effect:
        """Present when the run has begun, and absent while the failed runs wait for it."""
        known = job.runs()
        if not any(one.key == before.key for one in known):
            return Effect.ABSENT
        left = {one.name for one in known} & set(before.failed)
        return Effect.ABSENT if left and not params.keep_failed else Effect.PRESENT

    def restore(self, job: JobRuns, params: RerunParams, before: RunsBefore) -> Outcome:
        """Leave it; say so of a run that is still in progress."""
        del params
        running = [one.name for one in job.runs() if one.key == before.key and one.state is RunState.RUNNING]
        return unchanged(f"run {running[0]} goes on" if running else self.cannot)

    def answers(self, job: JobRuns, params: RerunParams) -> bool:
        """Return whether the runs can be read."""
        del params
        return job.runs() is not None


def _failed(job: JobRuns) -> Sequence[JobRun]:
    known = job.runs()
    failed = failed_since(known)
    if not failed or known[0].state is not RunState.FAILED:
        last = f"run {known[0].name} is the last one, and it is {known[0].state}" if known else "no run is known"
        raise ConflictError(f"the last run has not failed: {last}; there is nothing to repeat")
    return failed


def _ended(job: JobRuns, name: str, patience: timedelta) -> JobRun:
    until = time.monotonic() + patience.total_seconds()
    while True:
        go_on()
        found = next((one for one in job.runs() if one.name == name), None)
        if found is None:
            raise PermanentError(f"run {name} is gone; look whether it had succeeded")
        if found.state is not RunState.RUNNING:
            return found
        if time.monotonic() > until:
            raise TransientError(f"run {name} has not ended within {patience.total_seconds():g} s; it goes on")
        time.sleep(_EVERY)


DEFINITION = RerunJob().primitive(
    "rerun_job",
    "Run a job whose last run failed once more, and remove the failed runs when it has succeeded.",
    aspect=Aspect.PERFORMANCE,
    risk=0.4,
    worst=_JOB,
    irreversible="What a run has done stays, and failed runs that were removed do not come back.",
)
