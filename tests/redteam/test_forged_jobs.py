"""Forged jobs and doorbells: an effect happens once, whoever rings and however often."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from grace_workers.actions import Restartable
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.edge import Ring, StayRungError, attend
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration import queries
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.job import Claim, JobRequest, JobState, Pool, Succeeded
from grace_workers.orchestration.line.transition import ADVANCE
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import IncidentState
from tests.integration.line.conftest import runtime, settings
from tests.integration.line.test_line import down

__all__ = ["runtime", "settings"]

pytestmark = pytest.mark.servers

FORGED = 6


@pytest.fixture
def starts(runtime: Runtime, tmp_path: Path) -> Callable[[], int]:
    """Return how often the service was started, by its own record."""
    script, log = tmp_path / "service.py", tmp_path / "starts"
    script.write_text(f"open({str(log)!r}, 'a').write('started\\n')\n" + script.read_text())
    yield lambda: len(log.read_text().splitlines()) if log.exists() else 0
    runtime.line.world.role(TargetName("shop"), Restartable).stop(timedelta(seconds=1))


def forge(runtime: Runtime, incident: IncidentId) -> list[str]:
    """Insert jobs into the ledger that all say: advance this incident."""
    request = {"name": ADVANCE, "pool": Pool.HEALING, "payload": {"incident": str(incident)}}
    with runtime.ledger.transaction() as tx:
        return [str(job.id) for job in tx.jobs.submit([JobRequest(**request) for _ in range(FORGED)])]


def work_until(runtime: Runtime, incident: IncidentId, state: IncidentState) -> None:
    """Run the orchestration pool's jobs until the incident is in `state` and belongs to the healing pool."""
    while queries.incident(runtime.ledger, incident).dossier.incident.state is not state:
        with runtime.ledger.transaction() as tx:
            due = tx.jobs.find(state=JobState.QUEUED, pool=Pool.ORCHESTRATION)
        for job in due:
            attend(runtime, job_functions(), Ring(job_id=str(job.id)))


def test_forged_advances_at_the_same_moment_make_one_contracted_step_happen_once(
    runtime: Runtime, starts: Callable[[], int]
) -> None:
    incident = accept(runtime.intake, [down("shop")], by="test")[0].incident
    work_until(runtime, incident, IncidentState.CONTRACTED)
    with runtime.ledger.transaction() as tx:
        honest = [str(job.id) for job in tx.jobs.find(state=JobState.QUEUED, pool=Pool.HEALING)]
    rung = [*honest, *forge(runtime, incident)]
    together = threading.Barrier(len(rung))

    def answer(job: str) -> None:
        together.wait(10)
        attend(runtime, job_functions(), Ring(job_id=job))

    with ThreadPoolExecutor(len(rung)) as pool:
        list(pool.map(answer, rung))
    # The fleet-wide limit lets some of them wait; they come later, as replayed messages do.
    for job in rung:
        attend(runtime, job_functions(), Ring(job_id=job))

    assert starts() == 1
    dossier = queries.incident(runtime.ledger, incident).dossier
    assert (dossier.incident.state, dossier.closing) == (IncidentState.CLOSED, Closing.HEALED)
    with runtime.ledger.transaction() as tx:
        assert {tx.jobs.get(job.id).state for job in tx.jobs.find(pool=Pool.HEALING)} == {JobState.SUCCEEDED}


def test_a_replayed_doorbell_marked_as_redelivered_ends_no_running_job(runtime: Runtime) -> None:
    acts, seen = threading.Event(), threading.Event()
    calls = []

    def act(_runtime: Runtime, claim: Claim) -> Succeeded:
        calls.append(claim.attempt)
        seen.set()
        assert acts.wait(10)
        return Succeeded()

    with runtime.ledger.transaction() as tx:
        job = str(tx.jobs.submit([JobRequest(name=ADVANCE, pool=Pool.HEALING, payload={})])[0].id)
    bell = uuid4()
    with ThreadPoolExecutor(1) as pool:
        honest = pool.submit(attend, runtime, {ADVANCE: act}, Ring(job_id=job, bell=bell))
        assert seen.wait(10)
        with pytest.raises(StayRungError):
            attend(runtime, {ADVANCE: act}, Ring(job_id=job, bell=bell, again=True))
        acts.set()
        honest.result()
    attend(runtime, {ADVANCE: act}, Ring(job_id=job, bell=bell, again=True))
    assert calls == [1]
