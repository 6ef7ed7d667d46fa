from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Contract, Granted, Refused, Switch, breach, draw_up
from grace_workers.playbooks import Mode
from tests.unit.governance.kit import WEDNESDAY_NOON as NOON
from tests.unit.governance.kit import decided, facts, plan

OFF, ON = Switch(), Switch(on=True, reason="storm", by="ada")


def contract_for(wanted):
    granted = decided(wanted, facts())
    assert isinstance(granted, Granted)
    found = draw_up(wanted, granted, NOON)
    assert isinstance(found, Contract)
    return found


def test_a_contract_names_exactly_the_plan():
    wanted = plan()
    found = contract_for(wanted)
    assert (found.plan, found.incident, found.plan_digest) == (wanted.id, wanted.incident, wanted.digest)
    assert (found.targets, found.max_steps, found.not_after) == (wanted.targets, 1, NOON + wanted.budget)
    assert found.covers(wanted.steps[0])


@pytest.mark.parametrize(
    "changes",
    [{"params": {"force": True}}, {"target": TargetName("other")}, {"primitive": "purge"}, {"index": 1}, {"index": -1}],
)
def test_any_other_step_is_not_covered(changes):
    wanted = plan()
    step = replace(wanted.steps[0], **changes)
    assert not contract_for(wanted).covers(step)
    assert (
        breach(contract_for(wanted), wanted, step, kill=OFF, now=NOON) == "step 'mend' is not covered by the contract"
    )


def test_a_contract_permits_its_step_until_it_runs_out():
    wanted = plan()
    found = contract_for(wanted)
    assert breach(found, wanted, wanted.steps[0], kill=OFF, freeze=OFF, now=NOON) is None
    words = breach(found, wanted, wanted.steps[0], kill=OFF, now=NOON + wanted.budget)
    assert words == "the contract expired at 12:02:00 UTC"


def test_another_plan_is_not_permitted():
    wanted = plan()
    words = "the plan differs from the contracted one"
    assert breach(contract_for(wanted), plan(), wanted.steps[0], kill=OFF, now=NOON) == words
    changed = replace(wanted, playbook_digest="f" * 64)
    assert breach(contract_for(wanted), changed, wanted.steps[0], kill=OFF, now=NOON) == words


def test_a_switch_turned_after_the_grant_stops_the_step():
    wanted = plan()
    found, step = contract_for(wanted), wanted.steps[0]
    assert breach(found, wanted, step, kill=ON, now=NOON) == "the kill switch is on (storm, by ada)"
    assert breach(found, wanted, step, kill=OFF, freeze=ON, now=NOON) == "a freeze is on (storm, by ada)"


def test_a_grant_that_ran_out_gives_no_contract():
    wanted = plan(mode=Mode.AUTO)
    granted = decided(wanted, facts())
    assert isinstance(granted, Granted)
    assert isinstance(draw_up(wanted, granted, granted.until), Refused)
    late = draw_up(wanted, granted, granted.until - timedelta(seconds=1))
    assert isinstance(late, Contract)
    assert late.not_after == granted.until
