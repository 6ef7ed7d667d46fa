"""Going on with a run: what was done stands and is restored with the rest, and nothing is done twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration import switches
from grace_workers.orchestration.dossier import Closing, StepState
from grace_workers.orchestration.operations import retry
from grace_workers.orchestration.resumption import resume
from grace_workers.playbooks import Library, Step, load_text
from grace_workers.signals import IncidentState
from tests.builders import CrashError, Ward, episode, interrupted, plan
from tests.conformance.line_worlds import row
from tests.patients import CHECKS, PRIMITIVES
from tests.unit.orchestration.rolling import HEAD, ONE, ROLLING, THREE, TWO, marks, refuse, ward_of

KEPT = """\
on_failure: keep
steps:
  - {id: first, primitive: dose_probeable, params: {key: first}}
  - {id: second, primitive: dose_probeable, params: {key: second}}
  - {id: third, primitive: dose_probeable, params: {key: third}}
"""
IN_TURN = "on_failure: keep\n" + ROLLING.replace("AT_ONCE", "1")


def stuck(steps: str, key: str = "second") -> tuple[Ward, IncidentId]:
    """Return a ward whose run stopped at the dose of that key."""
    ward = ward_of(steps)
    patient = ward.patients[TWO if "each" in steps else ONE]
    refuse(patient, key)
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).incident.state is IncidentState.ESCALATED
    patient.witness = lambda _: None
    return ward, incident


def go_on(ward: Ward, incident: IncidentId, *, failed_only: bool = False) -> None:
    resume(ward.ledger, ward.clock, incident, by="ann", reason="the disk is back", failed_only=failed_only)
    ward.live(timedelta(seconds=20), tick=timedelta(seconds=5))


def states(ward: Ward, incident: IncidentId) -> dict[str, str]:
    return {row.step: row.state.value for row in ward.view(incident).steps}


def test_what_was_done_is_kept_and_only_the_failed_step_is_restored() -> None:
    ward, incident = stuck(KEPT)
    assert states(ward, incident) == {"first": "done", "second": "restored", "third": "snapshotted"}
    assert marks(ward)[ONE] == ["first"]
    reason = ward.dossier(incident).reasons[-1]
    assert f"kept first, so that a person can resume the run: grace incident resume {incident}" in reason
    assert ward.held() == frozenset()


def test_a_run_is_resumed_from_the_step_that_failed() -> None:
    ward, incident = stuck(KEPT)
    go_on(ward, incident)
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.patients[ONE].effects == {"first": 1, "second": 1, "third": 1}
    assert "first of the earlier run stand" in str([one.headline for one in ward.view(incident).timeline])


def test_what_an_earlier_run_did_is_restored_when_the_resumed_one_does_not_help() -> None:
    ward, incident = stuck(KEPT)
    ward.patients[ONE].heeds, ward.patients[ONE].ill = False, 1.0
    go_on(ward, incident)
    assert ward.dossier(incident).closing is Closing.RESTORED
    assert marks(ward)[ONE] == []


def test_a_playbook_that_keeps_nothing_is_resumed_from_its_beginning() -> None:
    ward, incident = stuck(KEPT.removeprefix("on_failure: keep\n"))
    assert marks(ward)[ONE] == []
    go_on(ward, incident)
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.patients[ONE].effects == {"first": 2, "second": 1, "third": 1}


def test_a_rolling_step_is_resumed_for_the_targets_that_are_not_done() -> None:
    ward, incident = stuck(IN_TURN, "dose")
    assert states(ward, incident) == {"dose@shop-1": "done", "dose@shop-2": "restored", "dose@shop-3": "snapshotted"}
    go_on(ward, incident)
    assert [ward.patients[name].effects for name in (ONE, TWO, THREE)] == [{"dose": 1}] * 3


def test_a_rolling_step_is_resumed_for_the_failed_targets_only() -> None:
    ward, incident = stuck(IN_TURN, "dose")
    go_on(ward, incident, failed_only=True)
    assert [ward.patients[name].effects for name in (ONE, TWO, THREE)] == [{"dose": 1}, {"dose": 1}, {}]
    assert ward.dossier(incident).closing is Closing.HEALED


def test_a_run_that_stops_twice_is_resumed_from_where_it_stopped_last() -> None:
    ward, incident = stuck(KEPT)
    refuse(ward.patients[ONE], "third")
    go_on(ward, incident)
    assert states(ward, incident) == {"first": "done", "second": "done", "third": "restored"}
    ward.patients[ONE].witness = lambda _: None
    go_on(ward, incident)
    assert ward.dossier(incident).closing is Closing.HEALED
    assert ward.patients[ONE].effects == {"first": 1, "second": 1, "third": 1}


def test_a_retry_after_a_resumption_takes_nothing_for_done() -> None:
    ward, incident = stuck(KEPT)
    refuse(ward.patients[ONE], "third")
    go_on(ward, incident)
    ward.patients[ONE].witness = lambda _: None
    retry(ward.ledger, ward.clock, incident, by="ann", reason="from the beginning")
    ward.live(timedelta(seconds=20), tick=timedelta(seconds=5))
    assert ward.patients[ONE].effects == {"first": 2, "second": 2, "third": 1}


def test_what_another_run_has_changed_since_is_not_taken_for_done() -> None:
    ward, incident = stuck(KEPT)
    ward.patients[ONE].ill = 1.0
    other = ward.fall_ill(ONE, name="fever", signature="fever")
    ward.live(timedelta(seconds=20), tick=timedelta(seconds=5))
    assert ward.dossier(other).closing is Closing.HEALED
    done = dict(ward.patients[ONE].effects)
    ward.patients[ONE].ill = 1.0
    go_on(ward, incident)
    assert "what was saved before is out of date" in ward.dossier(incident).reasons[-1]
    assert ward.patients[ONE].effects == done


def test_what_a_run_on_another_subject_has_changed_since_is_not_taken_for_done_either() -> None:
    ward, incident = stuck(KEPT)
    rolling = plan(target=TWO, steps=(Step(index=0, id="first", primitive="dose_probeable", target=ONE, params={}),))
    with ward.ledger.transaction() as tx:
        tx.journal.begin(rolling, rolling.incident, ward.clock.now())
        tx.journal.write(rolling.id, row(rolling, ward.clock, target=ONE, state=StepState.DONE))
        tx.journal.end(rolling.id, episode(rolling, ward.clock))
    before = dict(ward.patients[ONE].effects)
    go_on(ward, incident)
    assert "has run on" in ward.dossier(incident).reasons[-1]
    assert ward.patients[ONE].effects == before


def test_a_freeze_stops_a_resumed_run_before_its_first_step_and_what_was_kept_stays() -> None:
    ward, incident = stuck(KEPT)
    ward.patients[ONE].witness = lambda _: None
    switches.turn(ward.ledger, ward.clock, "freeze", on=True, by="ann", reason="release")
    go_on(ward, incident)
    assert marks(ward)[ONE] == ["first"]
    assert ward.patients[ONE].effects == {"first": 1}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("enabled: false", "is not enabled now"),
        ("mode: shadow", "is in shadow mode now"),
        (None, "is in no file any more"),
    ],
)
def test_a_run_whose_playbook_was_taken_out_of_force_is_not_resumed(change: str | None, why: str) -> None:
    ward, incident = stuck(KEPT)
    now = [] if change is None else [load_text(f"{change}\n{HEAD}{KEPT}", "cure.yaml", PRIMITIVES, CHECKS)]
    ward.line = replace(ward.line, library=lambda: Library(now, PRIMITIVES, CHECKS))
    go_on(ward, incident)
    assert why in ward.dossier(incident).reasons[-1]
    assert ward.patients[ONE].effects == {"first": 1}


def test_only_an_escalated_run_without_open_ends_is_resumed() -> None:
    ward, incident = stuck(KEPT)
    with pytest.raises(InputError, match="give a short reason"):
        resume(ward.ledger, ward.clock, incident, by="ann", reason=" ")
    go_on(ward, incident)
    with pytest.raises(ConflictError, match="is closed; only an escalated one with a plan can be resumed"):
        resume(ward.ledger, ward.clock, incident, by="ann", reason="again")
    ward = ward_of(KEPT)
    patient = ward.patients[ONE]
    patient.stuck = True
    refuse(patient, "second")
    incident = ward.fall_ill(ONE)
    ward.work()
    with pytest.raises(ConflictError, match="what second did, or may have done, was not restored"):
        resume(ward.ledger, ward.clock, incident, by="ann", reason="again")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["begin", "after"])
def test_a_death_at_any_transaction_of_a_resumed_run_repeats_nothing(moment: str) -> None:
    number, died = 1, True
    while died:
        ward, incident = stuck(KEPT)
        resume(ward.ledger, ward.clock, incident, by="ann", reason="the disk is back")
        with interrupted(ward, number, moment):
            try:
                ward.work()
            except CrashError:
                pass
            else:
                died = False
        ward.claimer.register(ward.line.instance)
        ward.live(timedelta(seconds=10), tick=timedelta(seconds=5))
        assert ward.dossier(incident).closing is Closing.HEALED, number
        assert ward.patients[ONE].effects == {"first": 1, "second": 1, "third": 1}, number
        number += 1
    assert number > 15


def test_the_kill_switch_restores_what_the_playbook_would_keep() -> None:
    ward = ward_of(KEPT)
    patient = ward.patients[ONE]
    patient.on_act = lambda: switches.turn(ward.ledger, ward.clock, "kill", on=True, reason="stop", by="ann")
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.states(incident)[-2:] == ["restored", "escalated"]
    assert (patient.effects, patient.marks) == ({"first": 1}, {})
