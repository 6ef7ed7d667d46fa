"""Which flags are switched because error lines name them."""

import pytest

from grace_workers.governance import Granted, NeedsApproval, Role
from grace_workers.playbooks import REQUESTED, Mode, Step
from tests.unit.governance.kit import WEB, decided, facts, plan, target


def switching(flag="new_checkout", **changes):
    step = Step(index=0, id="switch_off", primitive="toggle_flag", target=WEB, params={"flag": flag, "variant": "off"})
    return plan(steps=(step,), **changes)


def labelled(listed):
    return facts(targets={WEB: target(switchable=listed)})


@pytest.mark.parametrize("listed", ["", "other", "new_checkout_2", "new", "NEW_CHECKOUT", "*", "other;new_checkout"])
def test_a_flag_that_is_not_listed_waits_for_a_person(listed):
    decision = decided(switching(), labelled(listed))
    assert isinstance(decision, NeedsApproval)
    assert (decision.mode, decision.role) == (Mode.REVIEW, Role.OPERATOR)
    assert "new_checkout" in decision.reasons[0]


def test_a_flag_store_without_the_label_waits_for_a_person():
    assert isinstance(decided(switching(), facts()), NeedsApproval)


def test_a_step_that_names_no_flag_waits_for_a_person():
    assert isinstance(decided(switching(flag=""), labelled("")), NeedsApproval)


@pytest.mark.parametrize("listed", ["new_checkout", "other, new_checkout"])
def test_a_listed_flag_is_switched_at_once(listed):
    assert isinstance(decided(switching(), labelled(listed)), Granted)


def test_a_person_who_names_the_flag_is_not_asked_again():
    assert isinstance(decided(switching(cause=REQUESTED, proposer="ada"), facts()), Granted)


def test_a_cause_of_that_name_does_not_make_the_fleet_a_person():
    assert isinstance(decided(switching(cause=REQUESTED, proposer="grace"), facts()), NeedsApproval)
