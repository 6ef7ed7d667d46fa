"""Which flags one word alone may switch: that of an error line, or that of a person."""

import pytest

from grace_workers.governance import Granted, NeedsApproval, Role
from grace_workers.playbooks import REQUESTED, Mode, Step
from tests.unit.governance.kit import WEB, approval, decided, facts, plan, target


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


@pytest.mark.parametrize(
    "listed", ["new_checkout", "other, new_checkout", "new_checkout=off", "new_checkout=on, new_checkout=off", "*=off"]
)
def test_a_listed_flag_is_switched_at_once(listed):
    assert isinstance(decided(switching(), labelled(listed)), Granted)


@pytest.mark.parametrize("listed", ["new_checkout=on", "new_checkout=", "=off", "NEW_CHECKOUT=OFF", "*=on", "*="])
def test_a_flag_that_is_listed_for_another_variant_waits_for_a_person(listed):
    assert isinstance(decided(switching(), labelled(listed)), NeedsApproval)


@pytest.mark.parametrize("flag", ["new_checkout=off", "*=on", "*"])
def test_a_flag_whose_name_is_spelled_as_an_entry_is_not_listed_by_it(flag):
    assert isinstance(decided(switching(flag=flag), labelled("new_checkout=off, *=on")), NeedsApproval)


@pytest.mark.parametrize("proposer", ["ada", "grace", "celery:shop"])
def test_a_flag_that_is_not_listed_always_needs_a_second_person(proposer):
    wanted = switching(cause=REQUESTED, proposer=proposer)
    assert isinstance(decided(wanted, facts()), NeedsApproval)
    own = approval(wanted, by=proposer, role=Role.OPERATOR)
    assert not isinstance(decided(wanted, facts(approvals=(own,))), Granted)
    other = approval(wanted, by="bob", role=Role.OPERATOR)
    assert isinstance(decided(wanted, facts(approvals=(other,))), Granted)


def test_a_person_may_switch_a_listed_flag_alone():
    assert isinstance(decided(switching(cause=REQUESTED, proposer="ada"), labelled("new_checkout")), Granted)
