"""A run acts while its contract, its target and the switches permit it, and no longer."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.ids import IncidentId
from grace_workers.governance import Gate
from grace_workers.learning import Ending
from grace_workers.orchestration import switches
from grace_workers.orchestration.dossier import Closing
from grace_workers.signals import IncidentState, sign
from tests.builders import PARTNER, WEB, Ward
from tests.unit.orchestration.wards import MINUTE, SECOND, check_healed, episodes, run_first, run_first_of, ward

__all__ = ["ward"]


def test_a_target_taken_between_the_grant_and_the_contract_makes_the_incident_look_again(ward: Ward) -> None:
    incident, rival = ward.fall_ill(), ward.fall_ill(signature=sign("another"))
    take = granted_then(ward, lambda: ward.claimer.finish(*run_first_of(ward, rival)))
    take(incident)
    ward.live(MINUTE)
    assert "open" in ward.states(incident)[3:]
    check_healed(ward, rival)
    assert ward.dossier(incident).closing is Closing.RESOLVED


def granted_then(ward: Ward, act: Callable[[], object]) -> Callable[[IncidentId], None]:
    """Return a function that runs an incident's job and does `act` just before the incident is granted."""

    def run(incident: IncidentId) -> None:
        line = ward.line
        gates = _Watched(line.gates, act)
        ward.line = replace(line, gates=gates)
        claim, ending = run_first_of(ward, incident)
        ward.line = line
        ward.claimer.finish(claim, ending)
        assert gates.acted

    return run


class _Watched(Catalog[Gate]):
    """Gates that let a rival act once the facts are gathered on which they decide."""

    def __init__(self, gates: Catalog[Gate], act: Callable[[], object]) -> None:
        super().__init__(gates.kind, gates.by_name)
        self._act = act
        self.acted = False

    def __iter__(self) -> Iterator[Gate]:
        if not self.acted:
            self.acted = True
            self._act()
        return super().__iter__()


def test_a_cooldown_is_waited_for_and_reported(ward: Ward) -> None:
    ward.fall_ill()
    ward.work()
    ward.patients[WEB].ill = 1.0
    ward.clock.advance(SECOND)
    incident = ward.fall_ill(key="again")
    ward.work()
    assert ward.dossier(incident).incident.state is IncidentState.PLANNED
    assert "cooldown" in ward.view(incident).timeline[-1].headline
    ward.live(20 * SECOND)
    check_healed(ward, incident)


def test_a_remedy_that_never_helps_is_not_tried_for_ever(ward: Ward) -> None:
    ward.patients[WEB].heeds = False
    for name in ("cough", "fever", "rash", "chill"):
        incident = ward.fall_ill(signature=sign(name))
        ward.live(MINUTE)
    assert ward.dossier(incident).incident.state is IncidentState.REFUSED
    assert "did not help web 3 times in a row" in ward.dossier(incident).reasons[0]
    assert ward.patients[WEB].effects == {"first": 3, "second": 3}


def test_a_contract_that_expired_before_anything_was_touched_is_issued_again(ward: Ward) -> None:
    incident = ward.fall_ill()
    ward.claimer.finish(*run_first(ward))
    ward.clock.advance(2 * MINUTE)
    ward.live(MINUTE)
    assert ward.states(incident).count("contracted") == 2
    assert ward.patients[WEB].effects == {"first": 1, "second": 1}
    assert [one.ending for one in episodes(ward)] == [Ending.VERIFIED, Ending.INCONCLUSIVE]
    check_healed(ward, incident)


def test_a_contract_that_runs_out_between_two_steps_puts_the_first_back(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.on_act = lambda: ward.clock.advance(2 * MINUTE)
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident)[-2:] == ["restored", "escalated"]
    assert "the contract expired" in ward.dossier(incident).reasons[0]
    assert (patient.effects, patient.marks) == ({"first": 1}, {})
    assert [one.ending for one in episodes(ward)] == [Ending.FAILED]


@pytest.mark.parametrize("name", ["kill", "freeze"])
def test_a_switch_turned_after_the_grant_refuses_the_first_effect(ward: Ward, name: str) -> None:
    incident = ward.fall_ill()
    ward.claimer.finish(*run_first(ward))
    switches.turn(ward.ledger, ward.clock, name, on=True, reason="fire drill", by="ann")
    ward.work()
    assert ward.states(incident)[-2:] == ["snapshotted", "refused"]
    assert "fire drill, by ann" in ward.dossier(incident).reasons[0]
    assert ward.patients[WEB].effects == {}
    assert ward.held() == frozenset()


def test_a_run_that_a_switch_stopped_says_nothing_against_the_playbook(ward: Ward) -> None:
    ward.fall_ill()
    ward.claimer.finish(*run_first(ward))
    switches.turn(ward.ledger, ward.clock, "kill", on=True, reason="fire drill", by="ann")
    ward.work()
    assert [one.ending for one in episodes(ward)] == [Ending.INCONCLUSIVE]
    with ward.ledger.transaction() as tx:
        assert tx.journal.history("cure", [WEB], ward.clock.now()).ineffective_streak == 0


@pytest.mark.parametrize("name", ["kill", "freeze"])
def test_a_switch_that_is_on_refuses_the_plan(ward: Ward, name: str) -> None:
    switches.turn(ward.ledger, ward.clock, name, on=True, reason="fire drill", by="ann")
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident) == ["open", "diagnosed", "planned", "refused"]
    assert ward.held() == frozenset()


def test_the_kill_switch_stops_the_next_step_and_finished_steps_are_restored(ward: Ward) -> None:
    patient = ward.patients[WEB]
    patient.on_act = lambda: switches.turn(ward.ledger, ward.clock, "kill", on=True, reason="stop", by="ann")
    incident = ward.fall_ill()
    ward.work()
    assert ward.states(incident)[-2:] == ["restored", "escalated"]
    assert (patient.effects, patient.marks) == ({"first": 1}, {})
    assert [one.ending for one in episodes(ward)] == [Ending.INCONCLUSIVE]


def test_a_freeze_lets_a_run_that_has_begun_finish(ward: Ward) -> None:
    ward.patients[WEB].on_act = lambda: switches.turn(ward.ledger, ward.clock, "freeze", on=True, reason="r", by="ann")
    incident = ward.fall_ill()
    ward.work()
    check_healed(ward, incident)


def test_what_others_own_waits_for_people(ward: Ward) -> None:
    incident = ward.fall_ill(PARTNER)
    ward.work()
    assert ward.states(incident)[-1] == "awaiting_approval"
    assert ward.patients[PARTNER].effects == {}
    assert ward.held() == frozenset()


def test_a_problem_that_comes_and_goes_is_acted_on_only_with_a_person(ward: Ward) -> None:
    ward.patients[WEB].heeds = True
    acted = []
    for _ in range(ward.intake.flaps.openings + 1):
        ward.patients[WEB].ill = 1.0
        incident = ward.fall_ill()
        ward.live(2 * MINUTE)
        acted.append(ward.states(incident)[-1])
    assert acted[:-2] == ["closed"] * (ward.intake.flaps.openings - 1)
    assert acted[-2:] == ["awaiting_approval"] * 2
    assert "comes and goes" in ward.view(incident).timeline[-1].headline
    assert len(episodes(ward)) == ward.intake.flaps.openings - 1
