"""The safety net under the line, and what operators do with incidents that rest."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.learning import Ending
from grace_workers.orchestration import operations
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.job import JobFailed, JobState, TryAgain
from grace_workers.orchestration.line import stalled
from grace_workers.orchestration.line.stalled import rescue
from grace_workers.orchestration.stores import Stalled
from grace_workers.signals import IncidentState
from tests.builders import PARTNER, WEB, CrashError, Ward, crash

IDLE, MINUTE = timedelta(seconds=20), timedelta(minutes=1)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def rescued(ward: Ward) -> int:
    ward.clock.advance(MINUTE)
    return rescue(ward.line, idle=IDLE)


def lose_jobs(ward: Ward) -> None:
    with ward.ledger.transaction() as tx:
        tx.table("jobs").clear()


def give_up(ward: Ward, ending: JobFailed | TryAgain) -> None:
    """Let the due job end like this, as often as it is tried."""
    for _ in range(10):
        for job in ward.due():
            claim = ward.claim(job)
            assert claim is not None
            ward.claimer.finish(claim, ending)


def test_an_incident_that_lost_its_job_gets_another(ward: Ward) -> None:
    incident = ward.fall_ill()
    lose_jobs(ward)
    assert rescued(ward) == 1
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


def test_an_incident_that_lost_its_job_in_the_other_pool_continues_there(ward: Ward) -> None:
    incident = ward.fall_ill()
    claim = ward.claim(ward.due()[0])
    assert claim is not None
    ending = ward.run(claim)
    assert ending is not None
    ward.claimer.finish(claim, ending)
    lose_jobs(ward)
    ward.clock.advance(timedelta(seconds=25))
    assert rescue(ward.line, idle=IDLE) == 1
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED


def test_nothing_is_rescued_that_has_a_job_or_rests(ward: Ward) -> None:
    ward.fall_ill()
    assert rescued(ward) == 0
    ward.work()
    ward.fall_ill(PARTNER)
    ward.work()
    assert rescued(ward) == 0


@pytest.mark.parametrize(
    "ending", [JobFailed(error="it broke"), TryAgain(error="it broke", after=timedelta(0))], ids=["failed", "dead"]
)
def test_an_incident_whose_job_was_given_up_is_escalated_to_people(ward: Ward, ending: JobFailed | TryAgain) -> None:
    incident = ward.fall_ill()
    give_up(ward, ending)
    assert rescued(ward) == 1
    dossier = ward.dossier(incident)
    assert (dossier.incident.state, dossier.closing) == (IncidentState.ESCALATED, Closing.ESCALATED)
    assert "it broke" in dossier.reasons[-1]
    assert rescued(ward) == 0


def test_an_incident_whose_job_was_cancelled_is_escalated_to_people(ward: Ward) -> None:
    incident = ward.fall_ill()
    with ward.ledger.transaction() as tx:
        tx.jobs.cancel(tx.jobs.find(state=JobState.QUEUED)[0].id, by="ann")
    rescued(ward)
    assert "cancelled" in ward.dossier(incident).reasons[-1]


def test_a_begun_run_that_is_given_up_frees_its_targets_and_names_what_it_left(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.on_act = crash
    incident = ward.fall_ill()
    ward.work_until_crash()
    give_up(ward, JobFailed(error="it broke"))
    assert ward.held() == {WEB}
    rescued(ward)
    assert ward.held() == frozenset()
    assert "was not restored: first" in ward.dossier(incident).reasons[-1]
    with ward.ledger.transaction() as tx:
        assert [one.ending for one in tx.records.episodes()] == [Ending.FAILED]


def test_a_verified_run_that_is_given_up_still_counts_as_verified(ward: Ward) -> None:
    incident = ward.fall_ill()
    stop_at(ward, IncidentState.VERIFIED)
    give_up(ward, JobFailed(error="it broke"))
    rescued(ward)
    assert ward.dossier(incident).incident.state is IncidentState.ESCALATED
    with ward.ledger.transaction() as tx:
        assert [one.ending for one in tx.records.episodes()] == [Ending.VERIFIED]
    assert "not put back" not in " ".join(ward.dossier(incident).reasons)


def stop_at(ward: Ward, state: IncidentState) -> None:
    """Run jobs until an incident has reached `state`, where its worker dies."""
    whole = ward.ledger.transaction

    def transaction():
        if any(one.incident.state is state for one in ward.ledger._tables.get("incidents", {}).values()):
            raise CrashError
        return whole()

    ward.ledger.transaction = transaction
    with pytest.raises(CrashError):
        ward.work()
    ward.ledger.transaction = whole
    ward.claimer.register(ward.line.instance)


def test_an_incident_that_moved_since_it_was_seen_stalled_is_left_alone(ward: Ward) -> None:
    incident = ward.fall_ill()
    lose_jobs(ward)
    seen = replace(ward.dossier(incident).incident, version=0)
    for given_up in (None, "failed: it broke"):
        stalled._see_to(ward.line, Stalled(incident=seen, given_up=given_up))
    assert ward.dossier(incident).incident.state is IncidentState.OPEN
    assert ward.due() == []


def test_a_retried_incident_passes_the_line_again(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.heeds = False
    incident = ward.fall_ill()
    ward.work()
    patient.heeds = True
    ward.clock.advance(MINUTE)
    after = operations.retry(ward.ledger, ward.clock, incident, by="ann", reason="a new release")
    assert (after.incident.state, after.plan, after.reasons) == (IncidentState.OPEN, None, ())
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert "ann: a new release" in [one.headline for one in ward.view(incident).timeline]


def test_a_dismissed_incident_is_closed_for_good(ward: Ward) -> None:
    incident = ward.fall_ill(labels={"cause": "unknown"})
    ward.work()
    after = operations.close(ward.ledger, ward.clock, incident, by="ann", reason="known")
    assert (after.incident.state, after.closing) == (IncidentState.CLOSED, Closing.DISMISSED)
    with pytest.raises(ConflictError, match="only a refused or escalated incident can be retried or closed"):
        operations.retry(ward.ledger, ward.clock, incident, by="ann", reason="known")


def test_what_does_not_rest_is_neither_retried_nor_closed(ward: Ward) -> None:
    incident = ward.fall_ill()
    for act in (operations.retry, operations.close):
        with pytest.raises(ConflictError, match="is open"):
            act(ward.ledger, ward.clock, incident, by="ann", reason="why")
        with pytest.raises(InputError, match="give a short reason"):
            act(ward.ledger, ward.clock, incident, by="ann", reason=" ")
        with pytest.raises(NotFoundError):
            act(ward.ledger, ward.clock, IncidentId(uuid7()), by="ann", reason="why")
