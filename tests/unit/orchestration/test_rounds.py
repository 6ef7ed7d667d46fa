"""Steps on a condition, with a fallback, and on many targets: what is done, and that a death repeats none of it."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.actions import BlastRadius, HaltedError, Preview, Snapshot
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import ConflictError, TransientError
from grace_workers.orchestration.dossier import Closing
from grace_workers.playbooks import Library, load_text
from tests.builders import CrashError, Ward, interrupted
from tests.patients import CHECKS, PRIMITIVES, DoseParams, Patient
from tests.unit.orchestration.rolling import (
    HEAD,
    ON_CONDITION,
    ONE,
    ROLLING,
    THREE,
    TWO,
    WITH_FALLBACK,
    marks,
    refuse,
    ward_of,
)


def states(ward: Ward, incident) -> Mapping[str, str]:
    return {row.step: row.state.value for row in ward.view(incident).steps}


def test_a_step_is_left_out_unless_its_reading_is_within_the_bound() -> None:
    ward = ward_of(ON_CONDITION)
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert states(ward, incident) == {"first": "skipped", "second": "done"}
    assert ward.patients[ONE].effects == {"second": 1}
    told = next(one.headline for one in ward.view(incident).timeline if one.state == "executed")
    assert told.startswith("first: left out: illness of shop-1 read 1, not > 5; second: gave second")


def test_a_step_is_taken_when_its_reading_is_within_the_bound() -> None:
    ward = ward_of(ON_CONDITION)
    ward.patients[ONE].ill = 7.0
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.patients[ONE].effects == {"first": 1, "second": 1}
    assert ward.dossier(incident).closing is Closing.HEALED


def test_a_condition_that_cannot_be_read_stops_the_run_and_restores_it() -> None:
    ward = ward_of(
        "steps:\n  - {id: first, primitive: dose_probeable, params: {key: first}}\n"
        '  - {id: second, primitive: dose_probeable, when: {check: illness, operator: ">", bound: 5}}\n'
    )
    patient = ward.patients[ONE]
    patient.on_act = lambda: setattr(patient, "blind", True)
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.states(incident)[-2:] == ["restored", "escalated"]
    assert "the condition of step 'second' could not be read" in ward.dossier(incident).reasons[0]
    assert patient.marks == {}


def test_a_check_that_fails_with_an_error_of_other_code_stops_the_run_and_restores_it() -> None:
    ward = ward_of(
        "steps:\n  - {id: first, primitive: dose_probeable, params: {key: first}}\n"
        '  - {id: second, primitive: dose_probeable, when: {check: illness, operator: ">", bound: 5}}\n'
    )
    patient = ward.patients[ONE]

    def fail() -> None:
        raise KeyError("password=hunter2")

    patient.on_act = lambda: setattr(patient, "on_read", fail)
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.states(incident)[-2:] == ["restored", "escalated"]
    reason = ward.dossier(incident).reasons[0]
    assert "check 'illness' on 'shop-1' failed: KeyError" in reason
    assert "hunter2" not in reason
    assert patient.marks == {}


def test_a_run_whose_every_step_was_left_out_heals_nothing_and_says_so() -> None:
    ward = ward_of(ON_CONDITION[: ON_CONDITION.index("  - {id: second")])
    incident = ward.fall_ill(ONE)
    ward.patients[ONE].on_read = lambda: None
    ward.work()
    dossier = ward.dossier(incident)
    assert dossier.closing is Closing.ESCALATED
    assert "no step was taken" in dossier.reasons[-1]
    assert (ward.patients[ONE].effects, ward.held()) == ({}, frozenset())


def test_a_fallback_is_taken_after_the_failed_step_was_restored() -> None:
    ward = ward_of(WITH_FALLBACK)
    refuse(ward.patients[ONE], "first")
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert states(ward, incident) == {"first": "replaced", "second": "done", "third": "done"}
    assert marks(ward)[ONE] == ["second", "third"]


def test_a_fallback_is_not_taken_after_a_step_that_worked() -> None:
    ward = ward_of(WITH_FALLBACK)
    incident = ward.fall_ill(ONE)
    ward.work()
    assert states(ward, incident) == {"first": "done", "third": "done"}
    assert marks(ward)[ONE] == ["first", "third"]


def test_a_fallback_that_fails_too_restores_everything() -> None:
    ward = ward_of(WITH_FALLBACK)
    ward.patients[ONE].fails = True
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).closing is Closing.RESTORED
    assert states(ward, incident)["second"] == "restored"
    assert marks(ward)[ONE] == []


def test_the_kill_switch_in_a_step_with_a_fallback_takes_no_fallback() -> None:
    ward = ward_of(WITH_FALLBACK)

    def halt(_: str) -> None:
        raise HaltedError("the kill switch is on")

    ward.patients[ONE].witness = halt
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).closing is Closing.RESTORED
    assert "second" not in states(ward, incident)


def test_a_step_that_is_not_possible_yet_counts_as_the_widest_and_is_saved_right_before_it_acts() -> None:
    ward = ward_of(ON_CONDITION)
    dose, patient = PRIMITIVES["dose_probeable"], ward.patients[ONE]
    patient.ill = 7.0

    def snapshot(role: Patient, params: DoseParams) -> Snapshot:
        if params.key == "second" and "first" not in role.marks:
            raise ConflictError("the second dose needs the first")
        return dose.snapshot(role, params)

    needing = replace(dose, snapshot=snapshot, preview=lambda role, params: possible(snapshot(role, params)))
    possible = lambda _: Preview(changes=("dose",), blast=BlastRadius(count=1, unit="patient", share=0.1))  # noqa: E731
    steps = (
        "steps:\n  - {id: first, primitive: dose_probeable, params: {key: first}}\n"
        "  - id: second\n    primitive: dose_probeable\n    params: {key: second}\n"
        '    when: {check: illness, operator: ">=", bound: 0}\n'
    )
    read = load_text(HEAD + steps, "cure.yaml", PRIMITIVES, CHECKS)
    catalog = Catalog("primitive", {"dose_probeable": needing})
    ward.line = replace(ward.line, primitives=catalog, library=lambda: Library([read], catalog, CHECKS))
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert patient.effects == {"first": 1, "second": 1}
    granted = ward.dossier(incident).granted
    assert granted is not None
    assert "touches 100% of a target" in [part.why for part in granted.risk.parts]


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_a_rolling_step_is_taken_on_every_target_with_the_label(at_once: int) -> None:
    ward = ward_of(ROLLING.replace("AT_ONCE", str(at_once)))
    incident = ward.fall_ill(TWO)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    assert {name: patient.effects for name, patient in ward.patients.items()} == {
        name: {"dose": 1} for name in (ONE, TWO, THREE)
    }


def test_no_more_targets_than_allowed_are_touched_at_a_time() -> None:
    ward = ward_of(ROLLING.replace("AT_ONCE", "2"))
    lock, both = threading.Lock(), threading.Barrier(2)
    now, most = [0], [0]

    def enter(_: str) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])

    def leave() -> None:
        with lock:
            now[0] -= 1

    for name, patient in ward.patients.items():
        patient.witness = enter
        # The first two wait for each other, so that they are really in the step together.
        patient.on_act = (lambda: (both.wait(10), leave())) if name != THREE else leave
    ward.fall_ill(ONE)
    ward.work()
    assert most[0] == 2


def test_after_one_target_failed_no_other_begins_and_all_are_restored() -> None:
    ward = ward_of(ROLLING.replace("AT_ONCE", "1"))
    ward.patients[TWO].fails = True
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).closing is Closing.RESTORED
    assert states(ward, incident) == {
        "dose@shop-1": "restored",
        "dose@shop-2": "restored",
        "dose@shop-3": "snapshotted",
    }
    assert ward.patients[THREE].effects == {}
    assert marks(ward) == {ONE: [], TWO: [], THREE: []}
    assert "step 'dose@shop-2' failed" in ward.dossier(incident).reasons[0]


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_remedy_that_leaves_one_target_ill_goes_on_to_no_other(at_once: int) -> None:
    ward = ward_of(ROLLING.replace("AT_ONCE", str(at_once)), each="service=shop")
    for patient in ward.patients.values():
        patient.on_act = lambda patient=patient: setattr(patient, "heeds", False)
    incident = ward.fall_ill(ONE)
    ward.patients[TWO].ill = 1.0
    ward.work()
    assert ward.dossier(incident).closing is Closing.RESTORED
    assert "was not well after step 'dose@shop-" in ward.dossier(incident).reasons[0]
    assert ward.patients[THREE].effects == {}
    assert marks(ward) == {ONE: [], TWO: [], THREE: []}


def test_the_next_target_is_taken_once_the_one_before_is_well_again() -> None:
    ward = ward_of(ROLLING.replace("AT_ONCE", "1"), each="service=shop")
    order = []
    for name, patient in ward.patients.items():
        patient.on_read = lambda name=name: order.append(f"read {name}")
        patient.on_act = lambda name=name: order.append(f"act {name}")
    incident = ward.fall_ill(ONE)
    ward.work()
    assert ward.dossier(incident).closing is Closing.HEALED
    first, second = order.index("act shop-1"), order.index("act shop-2")
    assert "read shop-1" in order[first:second]


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "heeds"), [("begin", True), ("after", False)])
def test_a_death_at_any_transaction_of_a_run_repeats_nothing_and_changes_no_ending(moment: str, heeds: bool) -> None:
    steps = f"{ON_CONDITION}{tail(WITH_FALLBACK)}{tail(ROLLING)}".replace("AT_ONCE", "1")
    whole, number = outcome(steps, heeds=heeds), FIRST_OF_A_RUN
    while (found := outcome(steps, heeds=heeds, dies=(number, moment))) is not None:
        assert found == whole, number
        number += 1
    assert number > FIRST_OF_A_RUN + 10


def test_a_death_while_several_targets_are_taken_repeats_nothing() -> None:
    steps = ROLLING.replace("AT_ONCE", "2")
    whole = outcome(steps, heeds=True)
    for number in range(FIRST_OF_A_RUN, FIRST_OF_A_RUN + 12):
        assert outcome(steps, heeds=True, dies=(number, "after")) in (whole, None), number


def test_a_condition_is_read_again_when_a_death_came_before_its_step_began() -> None:
    number, found = FIRST_OF_A_RUN, {}
    while found.get("first") != "snapshotted":
        ward = ward_of(ON_CONDITION)
        ward.patients[ONE].ill = 7.0
        incident = ward.fall_ill(ONE)
        with interrupted(ward, number, "after"), pytest.raises(CrashError):
            ward.work()
        number, found = number + 1, states(ward, incident)
    ward.patients[ONE].ill = 1.0
    ward.claimer.register(ward.line.instance)
    ward.live(timedelta(seconds=10), tick=timedelta(seconds=5))
    assert states(ward, incident) == {"first": "skipped", "second": "done"}
    assert ward.patients[ONE].effects == {"second": 1}


def test_a_database_that_is_unreachable_for_a_moment_restores_nothing_and_repeats_nothing() -> None:
    def fail() -> None:
        raise TransientError("the database is unreachable")

    steps = (
        "steps:\n  - {id: first, primitive: dose_probeable, params: {key: first}}\n"
        "  - id: second\n    primitive: dose_probeable\n    params: {key: second}\n"
        '    when: {check: illness, operator: ">=", bound: 0}\n'
    )
    for number in range(FIRST_OF_A_RUN, FIRST_OF_A_RUN + 15):
        ward = ward_of(steps)
        incident = ward.fall_ill(ONE)
        with interrupted(ward, number, "begin", fail), suppress(TransientError):
            ward.work()
        ward.claimer.register(ward.line.instance)
        ward.live(timedelta(seconds=10), tick=timedelta(seconds=5))
        assert ward.dossier(incident).closing is Closing.HEALED, number
        assert ward.patients[ONE].effects == {"first": 1, "second": 1}, number


def test_a_rolling_step_counts_for_the_cooldown_of_every_target_that_it_touched() -> None:
    ward = ward_of(ROLLING.replace("AT_ONCE", "1"), cooldown="10m")
    ward.fall_ill(ONE)
    ward.work()
    incident = ward.fall_ill(TWO)
    ward.work()
    assert any("its cooldown ends" in one.headline for one in ward.view(incident).timeline)
    assert [ward.patients[name].effects for name in (ONE, TWO, THREE)] == [{"dose": 1}] * 3


FIRST_OF_A_RUN = 8
"""The transaction, about, that begins a run."""


def tail(steps: str) -> str:
    """Return the steps under other ids and keys, without their heading."""
    return steps.removeprefix("steps:\n").replace("first", "fourth").replace("second", "fifth")


def outcome(steps: str, *, heeds: bool, dies: tuple[int, str] | None = None) -> tuple | None:
    """Go through one incident, with a death at that transaction; None when all was done before it."""
    ward = ward_of(steps)
    refuse(ward.patients[ONE], "fourth")
    for patient in ward.patients.values():
        patient.heeds = heeds
    incident = ward.fall_ill(ONE)
    died = dies is None
    with interrupted(ward, *(dies or (0, "never"))):
        try:
            ward.work()
        except CrashError:
            died = True
    ward.claimer.register(ward.line.instance)
    ward.live(timedelta(seconds=10), tick=timedelta(seconds=5))
    assert all(times == 1 for patient in ward.patients.values() for times in patient.effects.values())
    assert ward.held() == frozenset()
    return (ward.dossier(incident).closing, marks(ward)) if died else None
