"""Healing tasks: requested work, once however often its job runs."""

from datetime import timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.job import Job, JobRequest, JobState, Pool
from grace_workers.orchestration.work import requests
from grace_workers.orchestration.work.requests import HEAL
from grace_workers.orchestration.work.wishes import HealTask
from grace_workers.signals import IncidentState
from tests.builders import WEB, CrashError, Ward, interrupted


@pytest.fixture
def ward() -> Ward:
    return Ward()


def ask(ward: Ward, *, key: str | None = None, **changes: object) -> Job:
    task = HealTask.read({"target": "web", "reason": "it is slow", "dedupe_key": key, **changes}, "task")
    with ward.ledger.transaction() as tx:
        return requests.heal(tx, task, by="ann")


def incidents(ward: Ward) -> list[Dossier]:
    with ward.ledger.transaction() as tx:
        return list(tx.incidents.find())


def test_a_task_without_a_playbook_is_diagnosed_and_healed(ward: Ward) -> None:
    ask(ward)
    ward.work()
    (one,) = incidents(ward)
    assert (one.closing, one.incident.title) == (Closing.HEALED, "it is slow")


def test_a_task_with_a_playbook_runs_that_one_for_its_asker(ward: Ward) -> None:
    ask(ward, playbook="cure")
    ward.work()
    (one,) = incidents(ward)
    assert one.closing is Closing.HEALED
    assert one.plan is not None
    assert (one.plan.proposer, one.plan.cause) == ("ann", "requested")


def test_asking_twice_with_one_key_gives_one_job(ward: Ward) -> None:
    assert ask(ward, key="k").id == ask(ward, key="k").id
    ward.work()
    assert len(incidents(ward)) == 1


def test_two_tasks_are_two_incidents_and_one_run_at_a_time(ward: Ward) -> None:
    ask(ward, playbook="cure")
    ask(ward, playbook="cure")
    ward.live(timedelta(minutes=1))
    assert sorted(str(one.closing) for one in incidents(ward)) == ["done", "healed"]
    assert ward.patients[WEB].effects == {"first": 2, "second": 2}


def test_a_task_whose_expectations_held_before_is_done_and_teaches_nothing(ward: Ward) -> None:
    ward.patients[WEB].ill = 0.0
    ask(ward, playbook="cure")
    ward.work()
    (one,) = incidents(ward)
    assert (one.closing, one.verdict, one.incident.state) == (Closing.DONE, "inconclusive", IncidentState.CLOSED)
    assert "so it proves nothing" in one.reasons[0]
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}
    with ward.ledger.transaction() as tx:
        assert (tx.records.knowledge(), [one.verified for one in tx.records.tracks()]) == ([], [0])


@pytest.mark.parametrize("number", range(1, 12))
def test_a_task_whose_worker_dies_opens_one_incident(ward: Ward, number: int) -> None:
    ask(ward)
    with interrupted(ward, number, "after"), pytest.raises(CrashError):
        ward.work()
    ward.claimer.register(ward.line.instance)
    ward.work()
    assert [one.closing for one in incidents(ward)] == [Closing.HEALED]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target": "nowhere"}, "no target named 'nowhere'; declared targets: database, partner, web"),
        ({"playbook": "magic"}, "unknown playbook 'magic'; known: cure"),
    ],
)
def test_an_unknown_name_is_refused_with_the_valid_ones(ward: Ward, changes: dict[str, str], sentence: str) -> None:
    job = ask(ward, **changes)
    claim = ward.claim(job)
    assert claim is not None
    with pytest.raises(InputError, match=sentence):
        ward.run(claim)
    assert incidents(ward) == []


def test_a_param_that_the_playbook_does_not_take_is_escalated_with_the_reason(ward: Ward) -> None:
    ask(ward, playbook="cure", params={"speed": 3})
    ward.work()
    (one,) = incidents(ward)
    assert (one.closing, "speed" in one.reasons[0]) == (Closing.ESCALATED, True)


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
def test_a_task_needs_a_reason(ward: Ward, reason: str) -> None:
    with pytest.raises(InputError, match="needs a reason"):
        ask(ward, reason=reason)
    assert ward.due() == []


def test_params_without_a_playbook_are_refused_and_so_is_a_job_that_does_not_say_who_asks(ward: Ward) -> None:
    with pytest.raises(InputError, match="params need a playbook"):
        ask(ward, params={"speed": 3})
    with ward.ledger.transaction() as tx:
        nobody = JobRequest(name=HEAL, pool=Pool.ORCHESTRATION, payload={"target": "web", "reason": "slow"})
        (job,) = tx.jobs.submit([nobody])
    claim = ward.claim(job)
    assert claim is not None
    with pytest.raises(InputError, match="by: Field required"):
        ward.run(claim)


def test_the_job_succeeds_with_the_incident_it_led_to(ward: Ward) -> None:
    job = ask(ward)
    ward.work()
    with ward.ledger.transaction() as tx:
        done = tx.jobs.get(job.id)
    assert done.state is JobState.SUCCEEDED
    assert isinstance(done.result, dict)
    assert done.result["incident"] == str(incidents(ward)[0].incident.id)
