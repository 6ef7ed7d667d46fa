"""The line from signal to close, in memory: every stage's good and bad outcomes."""

from datetime import timedelta

from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Closing, StepState
from grace_workers.orchestration.line.transition import ADVANCE
from grace_workers.signals import IncidentState, sign
from tests.builders import WEB, Patient, Ward
from tests.unit.orchestration.wards import MINUTE, SECOND, check_healed, episodes, run_first, run_first_of, ward

__all__ = ["ward"]


def test_an_illness_is_cured_and_closed(ward: Ward) -> None:
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident) == [
        "open", "diagnosed", "planned", "granted", "contracted", "snapshotted", "executed", "verified", "closed",
    ]  # fmt: skip
    check_healed(ward, incident)
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}
    assert ward.held() == frozenset()


def test_a_cure_is_remembered_as_episode_track_record_and_knowledge(ward: Ward) -> None:
    ward.fall_ill()
    ward.work()
    assert [one.ending for one in episodes(ward)] == [Ending.VERIFIED]
    with ward.ledger.transaction() as tx:
        assert tx.records.track("cure", sign("illness")).verified == 1
        assert [(one.playbook, one.verified) for one in tx.records.knowledge()] == [("cure", 1)]


def test_every_transition_is_recorded_once_in_the_timeline_and_the_audit_log(ward: Ward) -> None:
    incident = ward.fall_ill()
    ward.work()
    told = [one.state for one in ward.view(incident).timeline]
    audited = [one.action for one in ward.ledger.entries if one.action.startswith("incident.")]
    assert audited == [f"incident.{state}" for state in told]


def test_a_known_problem_crosses_the_pools_once(ward: Ward) -> None:
    ward.fall_ill()
    ward.work()
    with ward.ledger.transaction() as tx:
        jobs = [job for job in tx.jobs.find() if job.name == ADVANCE]
        assert [job.pool.value for job in jobs] == ["healing", "orchestration"]


def test_a_problem_without_a_cause_is_escalated_untouched(ward: Ward) -> None:
    incident = ward.fall_ill(labels={"cause": "unknown"})
    ward.work()
    assert ward.states(incident) == ["open", "escalated"]
    assert "no cause matches" in ward.dossier(incident).reasons[0]
    assert ward.patients[WEB].effects == {}


def test_a_cause_without_a_playbook_is_escalated_with_what_was_considered(ward: Ward) -> None:
    incident = ward.fall_ill(labels={"cause": "heartbreak"})
    ward.work()
    assert ward.states(incident) == ["open", "diagnosed", "escalated"]
    assert ward.dossier(incident).reasons == (
        "no playbook fits heartbreak",
        "cure for heartbreak: it applies to illness",
    )


def test_a_failing_step_puts_the_earlier_ones_back_and_escalates(ward: Ward) -> None:
    patient = ward.patients[WEB]

    def fail_from_now() -> None:
        patient.fails = True

    patient.on_act = fail_from_now
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident)[-2:] == ["restored", "escalated"]
    assert ward.dossier(incident).closing is Closing.RESTORED
    assert patient.marks == {}
    assert [(one.ending, one.restored) for one in episodes(ward)] == [(Ending.FAILED, True)]
    assert ward.held() == frozenset()


def test_a_restore_that_fails_escalates_and_frees_the_target(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.heeds, patient.stuck = False, True
    incident = ward.fall_ill()
    ward.work()
    dossier = ward.dossier(incident)
    assert (dossier.incident.state, dossier.closing) == (IncidentState.ESCALATED, Closing.ESCALATED)
    assert "restoring failed too" in dossier.reasons[-1]
    assert {row.state for row in ward.view(incident).steps} == {StepState.RESTORE_FAILED}
    assert [(one.ending, one.restored) for one in episodes(ward)] == [(Ending.FAILED, False)]
    assert ward.held() == frozenset()


def test_a_restore_that_leaves_the_target_unlike_its_snapshot_has_failed(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.heeds = False
    patient.on_restore = lambda: patient.marks.update(first=1)
    incident = ward.fall_ill()
    ward.work()
    assert "is not as in the snapshot" in ward.dossier(incident).reasons[-1]
    assert ward.dossier(incident).closing is Closing.ESCALATED


def test_a_cure_without_effect_is_put_back_newest_step_first(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.heeds = False
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident)[-3:] == ["executed", "restored", "escalated"]
    assert ward.dossier(incident).verdict == "failed"
    assert ward.dossier(incident).reasons[-2:] == ("second: took second back", "first: took first back")
    assert (patient.marks, patient.restores) == ({}, 2)
    assert [(one.ending, one.restored) for one in episodes(ward)] == [(Ending.INEFFECTIVE, True)]


def test_an_effect_that_cannot_be_observed_is_kept_and_escalated(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.on_act = lambda: setattr(patient, "blind", True)
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident)[-2:] == ["executed", "escalated"]
    assert ward.dossier(incident).verdict == "inconclusive"
    assert patient.marks == {"first": 1, "second": 1}
    assert [one.ending for one in episodes(ward)] == [Ending.INCONCLUSIVE]
    assert ward.held() == frozenset()


def test_a_target_that_cannot_be_read_beforehand_is_not_changed(ward: Ward) -> None:
    ward.patients[WEB].blind = True
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident)[-2:] == ["contracted", "escalated"]
    assert "nothing could be read" in ward.dossier(incident).reasons[-1]
    assert (ward.patients[WEB].effects, ward.held()) == ({}, frozenset())
    assert [one.ending for one in episodes(ward)] == [Ending.INCONCLUSIVE]


def test_a_cure_that_takes_a_while_is_waited_for(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.heeds = False
    patient.on_read = lambda: setattr(patient, "ill", 0.0 if patient.reads > 5 else 1.0)
    incident = ward.fall_ill()
    ward.work()
    check_healed(ward, incident)


def test_a_plan_whose_targets_cannot_be_previewed_is_refused(ward: Ward) -> None:
    ward.line.world.roles.pop((WEB, Patient))
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident)[-1] == "refused"
    assert "not known: steps" in ward.dossier(incident).reasons[0]
    assert ward.held() == frozenset()


def test_a_state_that_cannot_be_kept_is_not_touched(ward: Ward) -> None:
    patient = ward.patients[WEB]
    incident = ward.fall_ill()
    ward.claimer.finish(*run_first(ward))
    ward.line.world.roles.pop((WEB, Patient))
    ward.work()
    assert ward.states(incident)[-2:] == ["contracted", "escalated"]
    assert patient.effects == {}
    assert ward.held() == frozenset()


def test_a_second_incident_on_the_target_looks_again_after_the_first(ward: Ward) -> None:
    first = ward.fall_ill()
    ward.claimer.finish(*run_first(ward))
    second = ward.fall_ill(signature=sign("another"))
    ward.claimer.finish(*run_first_of(ward, second))
    assert ward.states(second) == ["open"]
    assert ward.held() == {WEB}
    ward.live(5 * SECOND)
    check_healed(ward, first)
    ward.patients[WEB].ill = 1.0
    ward.live(MINUTE)
    check_healed(ward, second)
    assert ward.patients[WEB].effects == {"first": 2, "second": 2}
    ran = sorted(one.at for one in episodes(ward))
    assert ran[1] - ran[0] >= timedelta(seconds=9)


def test_what_another_run_has_cured_ends_by_itself(ward: Ward) -> None:
    first = ward.fall_ill()
    ward.claimer.finish(*run_first(ward))
    others = [ward.fall_ill(signature=sign(name)) for name in ("cough", "fever", "rash")]
    ward.live(2 * MINUTE)
    check_healed(ward, first)
    assert {ward.dossier(one).closing for one in others} == {Closing.RESOLVED}
    assert all(f"of incident {first} healed web" in ward.dossier(one).reasons[0] for one in others)
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}
    with ward.ledger.transaction() as tx:
        assert [(one.playbook, one.verified) for one in tx.records.knowledge()] == [("cure", 1)]


def test_what_was_cured_before_an_incident_was_opened_does_not_end_it(ward: Ward) -> None:
    ward.fall_ill()
    ward.live(MINUTE)
    incident = ward.fall_ill(signature=sign("cough"))
    ward.live(MINUTE)
    assert ward.dossier(incident).closing is Closing.ESCALATED
    assert "every expectation is already met before the first step" in ward.dossier(incident).reasons[0]
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}
