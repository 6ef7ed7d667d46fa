"""How many runs of a job failed since one succeeded."""

from grace_workers.actions import JobRuns, failed_since
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class FailedRunsParams(Document):
    """There is nothing to choose."""


def probe(job: JobRuns, params: FailedRunsParams) -> float:
    """Return the count, of the runs that are still known."""
    del params
    return float(len(failed_since(job.runs())))


DEFINITION = Check(
    name="failed_runs",
    summary="How many runs of a job have failed since the last one that succeeded.",
    unit="runs",
    role=JobRuns,
    params=FailedRunsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("failed_runs", 1),
)
