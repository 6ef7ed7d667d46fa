"""Plans that have names: what they hold exists, and needs no target of its own."""

import pytest

from grace_workers.coding import Reason, coding_intents, refactoring_plans
from grace_workers.coding.plan_step import ordered

NAMES = ("clean", "types")


@pytest.mark.parametrize("name", NAMES)
def test_a_named_plan_is_of_intents_that_find_their_targets_and_has_an_order(name):
    intents, plan = coding_intents(), refactoring_plans()[name]
    assert [one.intent for one in plan.steps if intents[one.intent].find is None] == []
    assert not isinstance(ordered(plan.steps, {one.name: one for one in intents}), Reason)
    assert name not in intents


def test_every_intent_names_intents_that_there_are():
    known = coding_intents()
    assert {name for one in known for name in one.after} <= set(known.names)
