"""What every `JobRuns` promises. A stand has one run, which failed; `last` says whether a run that begins goes on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from grace_workers.actions import JobRuns, RunState, failed_since
from grace_workers.foundation.errors import ConflictError
from grace_workers.testing import MemoryJob
from tests.conformance.roles.implementations import implementations, stand
from tests.waiting import until


@dataclass(frozen=True)
class Jobs:
    """The role, and a function that says how runs that begin from now on end."""

    role: JobRuns
    ends: Callable[[RunState], None]


@pytest.fixture(params=implementations(JobRuns))
def job(request: pytest.FixtureRequest) -> Iterator[Jobs]:
    if request.param == "memory":
        memory = MemoryJob()
        yield Jobs(memory, lambda state: setattr(memory, "ends", state))
        return
    with stand(request.param, JobRuns, request) as made:
        yield made


def test_a_failed_run_is_told_with_its_reason(job: Jobs) -> None:
    (failed,) = job.role.runs()
    assert (failed.state, failed.key) == (RunState.FAILED, None)
    assert failed.why
    assert failed_since(job.role.runs()) == [failed]


def test_one_more_run_begins_once_for_a_key_and_goes_before_the_earlier_ones(job: Jobs) -> None:
    (failed,) = job.role.runs()
    job.ends(RunState.SUCCEEDED)
    begun = job.role.run_again("0123456789abcdef")
    assert job.role.run_again("0123456789abcdef").name == begun.name
    until(lambda: job.role.runs()[0].state is RunState.SUCCEEDED, within=20)
    assert [one.name for one in job.role.runs()] == [begun.name, failed.name]
    assert failed_since(job.role.runs()) == []


def test_beside_a_run_in_progress_no_other_begins(job: Jobs) -> None:
    job.ends(RunState.RUNNING)
    job.role.run_again("0123456789abcdef")
    with pytest.raises(ConflictError, match="in progress"):
        job.role.run_again("fedcba9876543210")
    assert len(job.role.runs()) == 2


def test_a_removed_run_is_gone_and_may_be_removed_again(job: Jobs) -> None:
    (failed,) = job.role.runs()
    job.ends(RunState.SUCCEEDED)
    begun = job.role.run_again("0123456789abcdef")
    for _ in range(2):
        job.role.remove(failed.name)
        until(lambda: [one.name for one in job.role.runs()] == [begun.name], within=20)
