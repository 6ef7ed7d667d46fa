"""A job's process may die at any instruction: what the next one makes of every state of the step journal."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from grace_workers.actions import Repeat
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.dossier import Closing, StepState
from grace_workers.orchestration.job import Priority
from grace_workers.orchestration.line.line import stage_of
from grace_workers.orchestration.line.transition import advance_request
from tests.builders import WEB, CrashError, Ward, crash, interrupted


def steps(ward: Ward, incident: IncidentId) -> list[StepState]:
    return [row.state for row in ward.view(incident).steps]


def ward_that_died_before(repeat: Repeat) -> tuple[Ward, IncidentId]:
    """Return a ward whose worker died when the first step was intended and had done nothing."""
    ward = Ward(repeat=repeat)
    ward.patients[WEB].before_act = crash
    incident = ward.fall_ill()
    ward.work_until_crash()
    ward.patients[WEB].before_act = lambda: None
    assert steps(ward, incident) == [StepState.INTENDED, StepState.SNAPSHOTTED]
    return ward, incident


def ward_that_died_after(repeat: Repeat) -> tuple[Ward, IncidentId]:
    """Return a ward whose worker died after the first step had acted, before that was recorded."""
    ward = Ward(repeat=repeat)
    ward.patients[WEB].on_act = crash
    incident = ward.fall_ill()
    ward.work_until_crash()
    ward.patients[WEB].on_act = lambda: None
    assert steps(ward, incident) == [StepState.INTENDED, StepState.SNAPSHOTTED]
    assert ward.patients[WEB].effects == {"first": 1}
    return ward, incident


@pytest.mark.parametrize("repeat", [Repeat.IDEMPOTENT, Repeat.PROBEABLE])
def test_a_step_that_had_not_acted_is_run(repeat: Repeat) -> None:
    ward, incident = ward_that_died_before(repeat)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}


def test_an_idempotent_step_is_run_again() -> None:
    ward, incident = ward_that_died_after(Repeat.IDEMPOTENT)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.patients[WEB].effects == {"first": 2, "second": 1}


def test_a_probeable_step_whose_effect_is_there_is_not_taken_again() -> None:
    ward, incident = ward_that_died_after(Repeat.PROBEABLE)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}
    assert "found done by an interrupted attempt" in str(ward.view(incident).steps[0].outcome)


def test_a_probeable_step_with_an_unclear_effect_is_restored_and_escalated() -> None:
    ward, incident = ward_that_died_after(Repeat.PROBEABLE)
    ward.patients[WEB].unsure = True
    ward.work()
    assert ward.states(incident)[-2:] == ["restored", "escalated"]
    assert (ward.patients[WEB].effects, ward.patients[WEB].marks) == ({"first": 1}, {})


@pytest.mark.parametrize("died", [ward_that_died_before, ward_that_died_after])
def test_a_step_that_may_act_only_once_is_restored_and_escalated(died) -> None:
    ward, incident = died(Repeat.ONCE)
    ward.work()
    assert ward.states(incident)[-2:] == ["restored", "escalated"]
    assert ward.patients[WEB].effects.get("first", 0) <= 1
    assert ward.patients[WEB].marks == {}


def test_a_step_that_is_done_is_skipped() -> None:
    ward = Ward(repeat=Repeat.ONCE)
    patient = ward.patients[WEB]
    patient.before_act = lambda: crash() if patient.effects else None
    incident = ward.fall_ill()
    ward.work_until_crash()
    assert steps(ward, incident) == [StepState.DONE, StepState.INTENDED]
    patient.before_act = lambda: None
    ward.work()
    assert patient.effects == {"first": 1}
    assert ward.states(incident)[-2:] == ["restored", "escalated"]


@pytest.mark.parametrize("repeat", list(Repeat))
def test_a_run_that_was_being_restored_continues_to_restore(repeat: Repeat) -> None:
    ward = Ward(repeat=repeat)
    patient = ward.patients[WEB]
    patient.heeds = False
    patient.on_restore = crash
    incident = ward.fall_ill()
    ward.work_until_crash()
    assert steps(ward, incident) == [StepState.DONE, StepState.RESTORING]
    patient.on_restore = lambda: None
    patient.ill = 0.0
    ward.work()
    assert ward.states(incident)[-3:] == ["executed", "restored", "escalated"]
    assert steps(ward, incident) == [StepState.RESTORED, StepState.RESTORED]
    assert patient.marks == {}


def test_a_run_that_was_fully_restored_says_so_after_a_crash() -> None:
    ward = Ward()
    patient = ward.patients[WEB]
    patient.heeds = False
    incident = ward.fall_ill()
    last = ExitStack()
    # The transaction after the one that writes the restored step would write the transition.
    dies = interrupted(ward, 2, "begin")
    patient.on_restore = lambda: last.enter_context(dies) if patient.restores == 2 else None
    ward.work_until_crash()
    last.close()
    assert steps(ward, incident) == [StepState.RESTORED, StepState.RESTORED]
    ward.work()
    assert "second: restored before an interruption" in ward.dossier(incident).reasons
    assert patient.restores == 2


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["begin", "end", "after"])
@pytest.mark.parametrize("repeat", [Repeat.IDEMPOTENT, Repeat.PROBEABLE])
@pytest.mark.parametrize("heeds", [True, False])
def test_a_death_at_any_transaction_changes_no_ending(moment: str, repeat: Repeat, heeds: bool) -> None:
    number = died_at(1, moment, repeat, heeds=heeds)
    while number is not None:
        number = died_at(number + 1, moment, repeat, heeds=heeds)


def died_at(number: int, moment: str, repeat: Repeat, *, heeds: bool) -> int | None:
    """Go through one incident with a death at that transaction; None when all was done before."""
    ward = Ward(repeat=repeat)
    patient = ward.patients[WEB]
    patient.heeds = heeds
    incident = ward.fall_ill()
    died = False
    with interrupted(ward, number, moment):
        try:
            ward.work()
        except CrashError:
            died = True
    ward.claimer.register(ward.line.instance)
    ward.live(timedelta(seconds=10), tick=timedelta(seconds=5))
    assert ward.dossier(incident).closing is (Closing.HEALED if heeds else Closing.RESTORED), number
    most = 2 if repeat is Repeat.IDEMPOTENT else 1
    assert all(times <= most for times in patient.effects.values()), number
    assert patient.marks == ({"first": 1, "second": 1} if heeds else {}), number
    assert ward.held() == frozenset()
    assert died or number > 20
    return number if died else None


@pytest.mark.slow
def test_however_often_a_run_is_rung_for_one_job_at_a_time_acts_on_it() -> None:
    for moment in range(1, 40):
        ward = Ward(repeat=Repeat.PROBEABLE)
        incident = ward.fall_ill()
        with interrupted(ward, moment, "after", lambda: (ring(ward, incident), ward.work())):  # noqa: B023 - used at once
            ward.work()
        assert ward.dossier(incident).closing is Closing.HEALED, moment
        assert ward.patients[WEB].effects == {"first": 1, "second": 1}, moment
        assert ward.held() == frozenset(), moment


def ring(ward: Ward, incident: IncidentId) -> None:
    """Submit a job for the incident's current state, as the loser of a race between two does."""
    dossier = ward.dossier(incident)
    stage = stage_of(dossier.incident.state)
    if stage is not None:
        with ward.ledger.transaction() as tx:
            tx.jobs.submit([advance_request(dossier, stage.pool, Priority(5))])
