"""The order of a plan's steps."""

import pytest

from grace_workers.coding import Reason, coding_intents
from grace_workers.coding.plan_step import PlanStep, ordered

INTENTS = {one.name: one for one in coding_intents()}


def order(*steps: PlanStep) -> list[str]:
    found = ordered(steps, INTENTS)
    assert not isinstance(found, Reason), found
    return [one.name or one.intent for one in found]


def test_without_a_word_the_intents_give_the_order():
    given = ("split_large_file", "repair_types", "add_type_hints", "reduce_complexity", "remove_duplication")
    assert order(*(PlanStep(intent=one) for one in given)) == list(reversed(given))


def test_what_is_about_lines_of_the_text_as_it_is_comes_first():
    assert order(PlanStep(intent="remove_duplication"), PlanStep(intent="extract_method")) == [
        "extract_method",
        "remove_duplication",
    ]


def test_steps_that_say_nothing_about_each_other_stay_as_they_came():
    steps = [PlanStep(intent="extract_helper", name=one) for one in "cab"]
    assert order(*steps) == ["c", "a", "b"]


def test_what_a_step_says_is_stronger_than_what_its_intent_says():
    steps = (PlanStep(intent="remove_duplication", after=("add_type_hints",)), PlanStep(intent="add_type_hints"))
    assert order(*steps) == ["add_type_hints", "remove_duplication"]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([PlanStep(intent="add_type_hints", after=("first",))], "'first', which is no step of the plan"),
        ([PlanStep(intent="add_type_hints", after=("add_type_hints",))], "each come after the other: add_type_hints"),
        (
            [
                PlanStep(intent="repair_types", name="a", after=("c",)),
                PlanStep(intent="add_type_hints", name="b", after=("a",)),
                PlanStep(intent="split_large_file", name="c", after=("b",)),
            ],
            "each come after the other: repair_types, add_type_hints, split_large_file",
        ),
    ],
)
def test_an_order_that_cannot_be_is_refused(steps, words):
    found = ordered(steps, INTENTS)
    assert isinstance(found, Reason)
    assert words in found.message
