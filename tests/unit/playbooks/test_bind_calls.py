import pytest

from grace_workers.actions import Ownership, Target
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.playbooks import bind, dry_run, explain
from tests.unit.playbooks.kit import PRIMITIVES, TEXT, library, load, occasion

SHOPS = {
    TargetName(name): Target(
        name=TargetName(name),
        kind=TargetKind("process"),
        owner=Ownership.INTERNAL,
        labels={"service": "shop", "path": f"/{name}"},
    )
    for name in ("web", "shop-2", "shop-1")
}
STEPS = """\
steps:
  - id: mend
    primitive: mend
    each: "service={{ label.service }}"
    at_once: 2
    params: {name: "{{ target }}{{ label.path }}"}
    when: {check: alive, operator: "<", bound: 1}
    fallback: {id: purge, primitive: purge}
expectations:
  - {id: runs, check: alive, each: service=shop, operator: "==", bound: 1, within: 10s}
"""
ROLLING = TEXT[: TEXT.index("steps:")] + STEPS


def test_a_step_for_each_target_with_a_label_becomes_one_for_each_with_its_own_fallback():
    plan = bind(library(ROLLING), "mend_it", occasion(), SHOPS)
    assert [(one.index, one.id, one.target, one.fallback_of) for one in plan.steps] == [
        (0, "mend@shop-1", "shop-1", None),
        (1, "purge@shop-1", "shop-1", "mend@shop-1"),
        (2, "mend@shop-2", "shop-2", None),
        (3, "purge@shop-2", "shop-2", "mend@shop-2"),
        (4, "mend@web", "web", None),
        (5, "purge@web", "web", "mend@web"),
    ]
    assert plan.steps[2].params == {"name": "shop-2/shop-2"}
    assert plan.steps[2].when is not None
    assert plan.steps[2].when.target == "shop-2"
    assert [(one.id, one.target) for one in plan.expectations] == [
        ("runs@shop-1", "shop-1"), ("runs@shop-2", "shop-2"), ("runs@web", "web"),
    ]  # fmt: skip
    (rolling,) = plan.rounds
    assert (rolling.at_once, len(rolling.turns), rolling.targets) == (2, 3, frozenset(SHOPS))


def test_condition_fallback_and_number_at_once_are_part_of_what_is_agreed_to():
    def digest(old: str = "", new: str = "") -> str:
        return (
            bind(library(ROLLING.replace(old, new) if old else ROLLING), "mend_it", occasion(), SHOPS).steps[0].digest
        )

    assert digest() == digest()
    assert len({digest(), digest("at_once: 2", "at_once: 3"), digest('operator: "<"', 'operator: "<="')}) == 3


def test_a_playbook_without_the_new_words_keeps_its_digest():
    assert load().digest == load(TEXT.replace("primitive: mend", "primitive: mend\n    when: null")).digest
    assert load().digest == "25d954a9a6c7c52d091fc2785c0e2a3f299926214200bd843626a8e1f1314691"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "each: service=shop",
            "each: service=bar",
            "expectation 'runs': 0 targets have the label service=bar",
        ),
        ('"service={{ label.service }}"', '"service{{ label.service }}="', "is not a label and its value"),
    ],
)
def test_a_label_that_no_target_has_is_refused(old: str, new: str, said: str):
    with pytest.raises(InputError, match=said):
        bind(library(ROLLING.replace(old, new)), "mend_it", occasion(), SHOPS)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('check: alive, operator: "<"', 'check: alife, operator: "<"', "step 1, when names unknown check 'alife'"),
        ("bound: 1}\n    fallback", "bound: x}\n    fallback", "step 1, when: bound 'x' is neither a number"),
        ("primitive: purge", "primitive: urge", "step 1, fallback names unknown primitive 'urge'"),
        ("id: purge", "id: mend", "duplicate id 'mend'"),
        ("each: service=shop", "each: shop", "each 'shop' is not a label and its value"),
        ('    each: "service={{ label.service }}"\n', "", "at_once without each has no effect"),
        ("at_once: 2", "at_once: 0", "steps.0.at_once"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(old: str, new: str, said: str):
    with pytest.raises(InputError) as raised:
        load(ROLLING.replace(old, new))
    assert said in str(raised.value)


def test_an_explanation_and_a_dry_run_say_on_what_a_step_depends():
    lines = {one.title: one.lines for one in explain(load(ROLLING), PRIMITIVES)}["Steps"]
    assert "   on each target with service={{ label.service }}, 2 at a time, until one fails" in lines
    assert "   only if alive of the target < 1 right before it" in lines
    assert "   if it fails, purge: purge on the target: Mends something." in lines
    plan = bind(library(ROLLING), "mend_it", occasion(), SHOPS)
    shown = {one.title: one.lines for one in dry_run(plan, {})}["Would change"]
    assert "1. mend@shop-1: mend on shop-1, only if alive of shop-1 < 1" in shown
    assert "2. purge@shop-1: purge on shop-1, only if mend@shop-1 fails" in shown
