from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.actions import JobRun, RunState
from grace_workers.actions.primitives.rerun_job import DEFINITION, RerunParams
from grace_workers.foundation.errors import ConflictError, PermanentError, TransientError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryJob
from tests.conformance.primitive_cases import InMemory, Real
from tests.kubernetes_cluster import SPACE, cluster
from tests.kubernetes_jobs import NAME, Runs, jobs

PARAMS = RerunParams()
SHORT = RerunParams(patience=timedelta(0))


def in_memory() -> InMemory:
    job = MemoryJob()
    return InMemory(role=job, params={}, look=lambda: [one.state for one in job.known], kept=lambda: None)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with cluster(folder, controller=Runs()) as found:
        said = {"kubeconfig": str(found.kubeconfig), "namespace": SPACE, "workload": "cronjob", "name": NAME}
        yield Real(
            kind=TargetKind("kubernetes_job"),
            connection=said,
            params={},
            look=lambda: sorted("again" in name for name in jobs(found)),
            kept=lambda: None,
        )


def test_people_read_which_run_failed_and_how() -> None:
    words = ("run the job once more, because run nightly-1 failed (exit code 1)",)
    removal = "remove run nightly-1 and its log once that has succeeded"
    assert DEFINITION.preview(MemoryJob(), PARAMS).changes == (*words, removal)
    assert DEFINITION.preview(MemoryJob(), RerunParams(keep_failed=True)).changes == words


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.RUNNING])
def test_a_job_whose_last_run_has_not_failed_is_not_repeated(state: RunState) -> None:
    job = MemoryJob()
    job.known.insert(0, JobRun(name="nightly-2", state=state))
    with pytest.raises(ConflictError, match=f"run nightly-2 is the last one, and it is {state}"):
        DEFINITION.snapshot(job, PARAMS)


def test_a_run_that_fails_as_well_leaves_all_failed_ones_for_people() -> None:
    job = MemoryJob(ends=RunState.FAILED)
    with pytest.raises(PermanentError, match="failed as well: exit code 1"):
        DEFINITION.apply(job, PARAMS, DEFINITION.snapshot(job, PARAMS))
    assert [one.state for one in job.known] == [RunState.FAILED, RunState.FAILED]


def test_a_run_that_does_not_end_in_time_goes_on() -> None:
    job = MemoryJob(ends=RunState.RUNNING)
    kept = DEFINITION.snapshot(job, SHORT)
    with pytest.raises(TransientError, match="it goes on"):
        DEFINITION.apply(job, SHORT, kept)
    assert DEFINITION.restore(job, SHORT, kept).detail.endswith("goes on")


def test_failed_runs_stay_if_they_are_to_be_kept() -> None:
    job, params = MemoryJob(), RerunParams(keep_failed=True)
    DEFINITION.apply(job, params, DEFINITION.snapshot(job, params))
    assert [one.name for one in job.known][-1] == "nightly-1"
